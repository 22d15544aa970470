import type { JsonObject, JsonValue } from "#shared/json.ts";
import { BASE_VARIABLES } from "./base-variables.ts";

/** What a pool of a type is created with if its creator gives no template. */
export interface JobTemplate extends JsonObject {
  readonly job_configuration: JsonObject;
  /** JSON Schema of the job variables. */
  readonly variables: JsonObject;
}

/** A type of infrastructure that a work pool can stand for. */
export interface WorkerType {
  /** What a pool's `type` holds. A type that ends with `:push` or `:managed` needs no agent. */
  readonly type: string;
  readonly displayName: string;
  /** One or two sentences for a person who chooses a type. */
  readonly description: string;
  /** A path of our own documents, with the heading. */
  readonly documentationUrl: string;
  /** A picture that needs no other file: a `data:` URL. */
  readonly logoUrl: string;
  /** What gives a Prefect worker this type; empty if no worker serves it. */
  readonly installCommand: string;
  readonly isBeta: boolean;
  /** The collection the type is listed under. */
  readonly packageName: string;
  readonly defaultBaseJobTemplate: JobTemplate;
}

/** What a template is made of, beside the base variables. */
export interface TemplateParts {
  /** JSON Schema of each variable, by its name. */
  readonly variables: Readonly<Record<string, JsonObject>>;
  /** Variables that must have a value. */
  readonly required?: readonly string[];
  /** What the schemas refer to as `#/definitions/NAME`. */
  readonly definitions?: Readonly<Record<string, JsonObject>>;
  /** Keys of the job configuration that are more than the variable of the same name. */
  readonly bodies?: JsonObject;
  /** Variables that are also a key of the job configuration. Default: all. */
  readonly keys?: readonly string[];
}

/** The template of a type: the base variables, each a key of the job configuration, and its own. */
export function jobTemplate(parts: TemplateParts): JobTemplate {
  const properties = { ...BASE_VARIABLES, ...parts.variables };
  const own = parts.keys ?? Object.keys(parts.variables);
  const placeholders = [...Object.keys(BASE_VARIABLES), ...own].map((name): [string, JsonValue] => [
    name,
    `{{ ${name} }}`,
  ]);
  return {
    job_configuration: { ...Object.fromEntries(placeholders), ...parts.bodies },
    variables: {
      type: "object",
      properties,
      ...(parts.required === undefined ? {} : { required: parts.required }),
      ...(parts.definitions === undefined ? {} : { definitions: parts.definitions }),
    },
  };
}

/** A square with a few letters in it. */
export function letterLogo(letters: string, colour: string): string {
  const picture =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" role="img">` +
    `<rect width="64" height="64" rx="12" fill="${colour}"/>` +
    `<text x="32" y="42" font-family="sans-serif" font-size="26" font-weight="700" ` +
    `text-anchor="middle" fill="#fff">${letters}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(picture)}`;
}
