import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { isJsonObject, type JsonObject } from "#shared/json.ts";
import { DateFields } from "./date-fields.ts";
import type { OpenApi, RequestSchemas } from "./openapi.ts";
import { toIssues, type ValidationIssue } from "./validation-errors.ts";

/** A part of a request. */
export type Place = "path" | "query" | "body";

/** The part as handlers see it, or what is wrong with it. */
export type Checked =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly ValidationIssue[] };

interface Check {
  readonly mend: (value: unknown) => unknown;
  readonly validate: ValidateFunction;
}

/** Key of the document among ajv's schemas; references into it are written behind it. */
const DOCUMENT = "openapi";

/**
 * Checks requests against the very schemas that stand in the document. A check is compiled when it
 * is first needed: most programs use few routes.
 */
export class Validator {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, verbose: true, logger: false });
  readonly #dates: DateFields;
  readonly #requests: OpenApi["requests"];
  readonly #checks = new Map<string, Check>();

  constructor({ document, requests }: OpenApi) {
    addFormats(this.#ajv);
    const { schemas = {} } = isJsonObject(document["components"] ?? null)
      ? Object(document["components"])
      : {};
    // References within the named schemas begin with "#/components", so they stand there here too.
    this.#ajv.addSchema({ components: { schemas } }, DOCUMENT);
    this.#dates = new DateFields(schemas);
    this.#requests = requests;
  }

  /** Checks a part of a request of that operation. Times in it are mended in place first. */
  check(operationId: string, place: Place, value: unknown): Checked {
    const { mend, validate } = this.#checkOf(operationId, place);
    const mended = mend(value);
    if (validate(mended)) return { ok: true, value: mended };
    return { ok: false, issues: toIssues(place, mended, validate.errors ?? []) };
  }

  #checkOf(operationId: string, place: Place): Check {
    const key = `${operationId} ${place}`;
    const known = this.#checks.get(key);
    if (known !== undefined) return known;
    const schema = schemaOf(this.#requests.get(operationId), place);
    const check = {
      mend: (value: unknown) => this.#dates.of(schema)(value),
      validate: this.#ajv.compile(withReferences(schema)),
    };
    this.#checks.set(key, check);
    return check;
  }
}

function schemaOf(schemas: RequestSchemas | undefined, place: Place): JsonObject {
  if (place === "path") return schemas?.params ?? {};
  return (place === "query" ? schemas?.query : schemas?.body) ?? {};
}

/** The schema with its references pointing into the document that ajv knows. */
function withReferences(schema: JsonObject): JsonObject {
  const text = JSON.stringify(schema);
  const linked: JsonObject = JSON.parse(
    text.replaceAll('"$ref":"#/components/', `"$ref":"${DOCUMENT}#/components/`),
  );
  return linked;
}
