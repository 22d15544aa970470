import { isJsonObject, type JsonObject, type JsonValue } from "#shared/json.ts";

/** Labels of a resource, `prefect.resource.id` among them. */
export type Resource = Readonly<Record<string, string>>;

/** An event as clients read it. */
export interface EventMessage {
  readonly id: string;
  /** RFC 3339, UTC, microseconds. */
  readonly occurred: string;
  readonly event: string;
  readonly resource: Resource;
  readonly related: readonly Resource[];
  readonly payload: JsonObject;
  readonly follows: string | null;
}

/** Label under which a resource says which it is. */
const RESOURCE_ID = "prefect.resource.id";
const RESOURCE_ROLE = "prefect.resource.role";

/**
 * Whether an event is among those a filter asks for. What a filter does not say, it does not ask. All
 * times are in one form, which sorts as they do.
 */
export function matchesEventFilter(filter: JsonObject, event: EventMessage): boolean {
  const { event: name, resource, any_resource: anyOne, related, id, occurred } = filter;
  const all = [event.resource, ...event.related];
  return (
    matchesName(name, event.event) &&
    matchesTime(occurred, event.occurred) &&
    matchesIds(id, event.id) &&
    matchesResource(resource, event.resource) &&
    matchesSome(anyOne, all) &&
    matchesSome(related, event.related)
  );
}

function matchesName(filter: JsonValue | undefined, name: string): boolean {
  if (!isJsonObject(filter ?? null)) return true;
  const begins = (prefix: string): boolean => name.startsWith(prefix);
  const [prefixes, names] = [texts(filter, "prefix"), texts(filter, "name")];
  const wanted =
    (prefixes.length === 0 || prefixes.some(begins)) &&
    (names.length === 0 || names.includes(name));
  return (
    wanted &&
    !texts(filter, "exclude_prefix").some(begins) &&
    !texts(filter, "exclude_name").includes(name)
  );
}

function matchesTime(filter: JsonValue | undefined, occurred: string): boolean {
  const [since, until] = [member(filter, "since"), member(filter, "until")];
  return (
    !(typeof since === "string" && occurred < since) &&
    !(typeof until === "string" && occurred > until)
  );
}

function matchesIds(filter: JsonValue | undefined, id: string): boolean {
  const ids = texts(filter, "id");
  return ids.length === 0 || ids.includes(id);
}

/** Each filter of a list must find a resource of its own. */
function matchesSome(filter: JsonValue | undefined, resources: readonly Resource[]): boolean {
  if (Array.isArray(filter)) {
    return filter.every((one: JsonValue) => matchesSome(one, resources));
  }
  if (!isJsonObject(filter ?? null)) return true;
  return (
    !asksForAnything(filter) || resources.some((resource) => matchesResource(filter, resource))
  );
}

function matchesResource(filter: JsonValue | undefined, resource: Resource): boolean {
  if (!isJsonObject(filter ?? null)) return true;
  const id = resource[RESOURCE_ID] ?? "";
  const role = resource[RESOURCE_ROLE] ?? "";
  const [ids, prefixes, roles] = [
    texts(filter, "id"),
    texts(filter, "id_prefix"),
    texts(filter, "role"),
  ];
  const pairs = member(filter, "resources_in_roles");
  return (
    (ids.length === 0 || ids.includes(id)) &&
    (prefixes.length === 0 || prefixes.some((prefix) => id.startsWith(prefix))) &&
    (roles.length === 0 || roles.includes(role)) &&
    (!Array.isArray(pairs) ||
      pairs.some((pair: JsonValue) => Array.isArray(pair) && pair[0] === id && pair[1] === role)) &&
    matchesLabels(member(filter, "labels"), resource)
  );
}

/** A value may end with `*` for any rest, and begin with `!` for anything else. */
function matchesLabels(labels: JsonValue | undefined, resource: Resource): boolean {
  if (labels === undefined || !isJsonObject(labels)) return true;
  return Object.entries(labels).every(([label, given]) => {
    const wanted = (Array.isArray(given) ? given : [given]).map(String);
    const value = resource[label];
    const [not, yes] = [true, false].map((negative) =>
      wanted.filter((one) => one.startsWith("!") === negative),
    );
    if ((not ?? []).some((one) => value !== undefined && matchesText(one.slice(1), value))) {
      return false;
    }
    if ((yes ?? []).length === 0) return true;
    return value !== undefined && (yes ?? []).some((one) => matchesText(one, value));
  });
}

function matchesText(pattern: string, value: string): boolean {
  return pattern.endsWith("*") ? value.startsWith(pattern.slice(0, -1)) : value === pattern;
}

function asksForAnything(filter: JsonValue | undefined): boolean {
  return Object.values(Object(filter)).some((value) => value !== null && value !== undefined);
}

function member(filter: JsonValue | undefined, key: string): JsonValue | undefined {
  return isJsonObject(filter ?? null) ? Object(filter)[key] : undefined;
}

function texts(filter: JsonValue | undefined, key: string): string[] {
  const value = member(filter, key);
  return Array.isArray(value) ? value.map(String) : [];
}
