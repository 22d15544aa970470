import type { EventMessage, Resource } from "#server/domain/event-filter.ts";
import type { StoredEvent } from "#server/store/client-events.ts";
import { normaliseDateTime, writeDateTime } from "#server/api/rest/date-time.ts";
import { messageOf } from "#shared/errors.ts";
import { isUuid } from "#shared/ids.ts";
import { isJsonObject, type JsonValue, parseJson } from "#shared/json.ts";
import { requireStorableJson } from "#shared/storable-text.ts";

/** A client's frame as an event, or why it is none. */
export function readEvent(text: string): EventMessage | string {
  try {
    const value = parseJson("event", text);
    requireStorableJson("event", value);
    return isJsonObject(value) ? readFields(value) : "it is no JSON object";
  } catch (error) {
    return messageOf(error);
  }
}

function readFields(value: Readonly<Record<string, JsonValue>>): EventMessage | string {
  const occurred = normaliseDateTime(value["occurred"]);
  const { id, event, payload = {}, related = [], follows = null } = value;
  const resource = readResource(value["resource"] ?? null);
  if (occurred === undefined) return "occurred: it is no time";
  if (typeof id !== "string" || !isUuid(id)) return "id: it is no UUID";
  if (typeof event !== "string" || event === "") return "event: it has no name";
  if (resource === undefined) return "resource: it has no label prefect.resource.id";
  const others = Array.isArray(related)
    ? related.map((one: JsonValue) => readResource(one))
    : [undefined];
  if (others.includes(undefined)) return "related: one has no label prefect.resource.id";
  return {
    id: id.toLowerCase(),
    occurred,
    event,
    resource,
    related: others.filter((one) => one !== undefined),
    payload: isJsonObject(payload) ? payload : {},
    follows: typeof follows === "string" && isUuid(follows) ? follows : null,
  };
}

function readResource(value: JsonValue): Resource | undefined {
  if (!isJsonObject(value) || typeof value["prefect.resource.id"] !== "string") return undefined;
  return Object.fromEntries(
    Object.entries(value).map(([key, label]) => [
      key,
      typeof label === "string" ? label : JSON.stringify(label),
    ]),
  );
}

/** A stored event as clients read it. */
export function writeEvent(stored: StoredEvent): EventMessage {
  const occurred = writeDateTime(stored.at);
  const told = Object.keys(stored.resource).length > 0;
  return {
    id: stored.id,
    occurred,
    event: stored.event,
    resource: told ? stored.resource : describeResource(stored, occurred),
    related: told || stored.resourceKind !== "flow-run" ? stored.related : relatedOfRun(stored),
    payload: stored.payload,
    follows: stored.follows,
  };
}

/** What our own events say of their resource, where they do not say it themselves. */
function describeResource(stored: StoredEvent, occurred: string): Resource {
  const { payload, resourceKind, resourceId, runName, event } = stored;
  const labels = { "prefect.resource.id": `prefect.${resourceKind}.${resourceId}` };
  if (resourceKind !== "flow-run") {
    const { name } = payload;
    return typeof name === "string" ? { ...labels, "prefect.resource.name": name } : labels;
  }
  const { to, message } = payload;
  return {
    ...labels,
    "prefect.resource.name": runName ?? "",
    "prefect.state-type": typeof to === "string" ? to : "",
    "prefect.state-name": event.slice("prefect.flow-run.".length),
    "prefect.state-message": typeof message === "string" ? message : "",
    "prefect.state-timestamp": occurred,
  };
}

function relatedOfRun(stored: StoredEvent): Resource[] {
  const { flowId, deploymentId, workQueueId, workPoolId } = stored;
  return Object.entries({
    flow: flowId,
    deployment: deploymentId,
    "work-queue": workQueueId,
    "work-pool": workPoolId,
  }).flatMap(([role, id]) =>
    id === null
      ? []
      : [{ "prefect.resource.id": `prefect.${role}.${id}`, "prefect.resource.role": role }],
  );
}
