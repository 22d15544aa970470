import { messageOf } from "#shared/errors.ts";
import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ownValue,
} from "#shared/json.ts";
import { CliError, InterruptedError, RemoteError } from "./cli-error.ts";
import type { RestConnection } from "./connection.ts";
import { objectsAt, textAt } from "./json-fields.ts";

const CALL_TIMEOUT_MS = 30_000;
const PAGE = 200;

/**
 * The control plane's REST API. A refused or failed call throws a RemoteError; Ctrl-C ends a call with
 * an InterruptedError. Answers are JSON text.
 */
export class RestApi {
  readonly #connection: RestConnection;
  readonly #interrupted: AbortSignal;

  constructor(connection: RestConnection, interrupted: AbortSignal) {
    this.#connection = connection;
    this.#interrupted = interrupted;
  }

  /** The answer's text. `body` is JSON text; parts of the path must be encoded. */
  async call(
    method: "GET" | "POST" | "PATCH" | "DELETE",
    path: string,
    body?: string,
  ): Promise<string> {
    const answer = await this.#send(method, path, body);
    if (answer.ok) return answer.text;
    throw this.#refusal(answer.status, answer.text);
  }

  /** The same; undefined if there is no such thing. */
  async find(path: string): Promise<string | undefined> {
    const answer = await this.#send("GET", path);
    if (answer.status === 404) return undefined;
    if (answer.ok) return answer.text;
    throw this.#refusal(answer.status, answer.text);
  }

  /** All entries of a list, page by page; `filter` is the body without the page. */
  async list(path: string, filter: JsonObject): Promise<JsonObject[]> {
    const entries: JsonObject[] = [];
    for (;;) {
      const body = JSON.stringify({ ...filter, limit: PAGE, offset: entries.length });
      const page: JsonValue = JSON.parse(await this.call("POST", path, body));
      if (!isJsonArray(page)) throw new CliError("the control plane sent no list");
      entries.push(...page.filter(isJsonObject));
      if (page.length < PAGE) return entries;
    }
  }

  async #send(
    method: string,
    path: string,
    body?: string,
  ): Promise<{ readonly ok: boolean; readonly status: number; readonly text: string }> {
    const { url, ca, apiKey } = this.#connection;
    const headers = {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    };
    const signal = AbortSignal.any([this.#interrupted, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
    try {
      const response = await fetch(`${url}/api${path}`, {
        method,
        headers,
        signal,
        ...(body === undefined ? {} : { body }),
        ...(ca === undefined ? {} : { tls: { ca } }),
      });
      return { ok: response.ok, status: response.status, text: await response.text() };
    } catch (error) {
      if (this.#interrupted.aborted) throw new InterruptedError();
      throw this.#unreachable(error);
    }
  }

  #unreachable(cause: unknown): RemoteError {
    const { url } = this.#connection;
    return new RemoteError(`cannot reach the control plane at ${url}: ${networkReason(cause)}`, {
      hints: [
        "Start one with `sluice server start`, or point SLUICE_API_URL or a profile at one.",
        "Without SLUICE_API_URL, HTTP is taken to be one port below SLUICE_GRPC_URL.",
      ],
      cause,
      connectionLost: true,
    });
  }

  #refusal(status: number, text: string): RemoteError {
    const refused = parseRefusal(text);
    const detail = ownValue(refused, "detail") ?? ownValue(refused, "exception_message");
    const message =
      typeof detail === "string" ? detail : `the control plane answered with status ${status}`;
    const hints = [
      ...fieldHints(refused).filter((hint) => hint !== message),
      ...(status === 401 ? [keyHint(this.#connection)] : []),
      ...(typeof detail === "string" ? [] : ["Is it the HTTP port of a control plane?"]),
    ];
    return new RemoteError(message, { hints, connectionLost: status === 503 });
  }
}

function parseRefusal(text: string): JsonObject {
  try {
    const value: JsonValue = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** Which fields are wrong, of either form of refusal. */
function fieldHints(refused: JsonObject): string[] {
  return [
    ...objectsAt(refused, "violations").map(
      (violation) => `${textAt(violation, "field")}: ${textAt(violation, "description")}`,
    ),
    ...objectsAt(refused, "exception_detail").map((issue) => {
      const loc = ownValue(issue, "loc") ?? [];
      const steps = (isJsonArray(loc) ? loc : []).slice(1).map((step) => JSON.stringify(step));
      return `${steps.join(".").replaceAll('"', "")}: ${textAt(issue, "msg")}`;
    }),
  ];
}

function keyHint({ apiKey }: RestConnection): string {
  return apiKey === undefined
    ? "No API key was sent; set SLUICE_API_KEY, in the environment or in a profile."
    : "The API key in SLUICE_API_KEY was not accepted.";
}

function networkReason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (/ConnectionRefused|ECONNREFUSED/.test(code)) return "connection refused";
  if (error instanceof Error && error.name === "TimeoutError") return "no answer in time";
  return messageOf(error);
}
