import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { at } from "./json-value.ts";

/** An answer, with its body parsed; undefined where there was none. */
export interface RestAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

/** How to ask. */
export interface RestClientOptions {
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Asks the REST face, and holds every answer against what its document says of that route and
 * status. Throws if they differ.
 */
export class RestClient {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, logger: false });
  #paths: Record<string, unknown> | undefined;

  /** `url` is where HTTP is served. */
  constructor(url: string, options: RestClientOptions = {}) {
    this.#base = `${url}/api`;
    this.#headers = options.headers ?? {};
    addFormats(this.#ajv);
  }

  /** Asks without a body. */
  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<RestAnswer> {
    return this.send("GET", path, undefined, headers);
  }

  /** Asks with a body in JSON. */
  post(path: string, body: unknown = {}): Promise<RestAnswer> {
    return this.send("POST", path, JSON.stringify(body));
  }

  /** Changes what is given. */
  patch(path: string, body: unknown): Promise<RestAnswer> {
    return this.send("PATCH", path, JSON.stringify(body));
  }

  /** Deletes. */
  delete(path: string): Promise<RestAnswer> {
    return this.send("DELETE", path);
  }

  /** Asks with whatever is given as the body's text. */
  async send(
    method: string,
    path: string,
    text?: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<RestAnswer> {
    const response = await fetch(`${this.#base}${path}`, {
      method,
      redirect: "error",
      headers: { "content-type": "application/json", ...this.#headers, ...headers },
      ...(text === undefined ? {} : { body: text }),
    });
    const answered = await response.text();
    const body: unknown = answered === "" ? undefined : JSON.parse(answered);
    await this.#compare(method, path, response.status, body);
    return { status: response.status, body, headers: response.headers };
  }

  async #compare(method: string, path: string, status: number, body: unknown): Promise<void> {
    const answers = await this.#answersOf(method, path);
    if (answers === undefined || !(status in answers.responses)) return;
    const pointer = `${answers.pointer}/responses/${status}`;
    const has = at(answers.responses, String(status));
    if (typeof has !== "object" || has === null || !("content" in has)) {
      if (body !== undefined) throw new Error(`${pointer} has a body, and none is documented`);
      return;
    }
    const validate = this.#validator(`${pointer}/content/application~1json/schema`);
    if (validate(body)) return;
    throw new Error(
      `${method} ${path} answered ${status} with what the document does not say: ${this.#ajv.errorsText(validate.errors)} in ${JSON.stringify(body)}`,
    );
  }

  #validator(pointer: string): ValidateFunction {
    const reference = `document#${pointer}`;
    return this.#ajv.getSchema(reference) ?? this.#ajv.compile({ $ref: reference });
  }

  async #answersOf(
    method: string,
    path: string,
  ): Promise<{ pointer: string; responses: object } | undefined> {
    const paths = await this.#readPaths();
    const asked = (path.split("?")[0] ?? "").replace(/\/$/, "");
    const candidates = Object.keys(paths)
      .filter((known) => shape(known).test(asked))
      .sort((a, b) => (a.includes("{") ? 1 : 0) - (b.includes("{") ? 1 : 0));
    for (const known of candidates) {
      const operations = paths[known];
      const verb = method.toLowerCase();
      if (typeof operations !== "object" || operations === null || !(verb in operations)) continue;
      const responses = at(operations, verb, "responses");
      const escaped = known.replaceAll("~", "~0").replaceAll("/", "~1");
      if (typeof responses !== "object" || responses === null) continue;
      return { pointer: `/paths/${encodeURIComponent(escaped)}/${verb}`, responses };
    }
    return undefined;
  }

  async #readPaths(): Promise<Record<string, unknown>> {
    if (this.#paths !== undefined) return this.#paths;
    const response = await fetch(`${this.#base}/openapi.json`, { headers: this.#headers });
    const document: unknown = await response.json();
    if (!response.ok) return {};
    if (typeof document !== "object" || document === null) throw new Error("no document");
    this.#ajv.addSchema(document, "document");
    this.#paths = Object.fromEntries(Object.entries(Object(at(document, "paths"))));
    return this.#paths;
  }
}

function shape(path: string): RegExp {
  return new RegExp(`^${path.replace(/\/$/, "").replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}
