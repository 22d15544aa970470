import { describe, expect, test } from "bun:test";
import type { JsonObject } from "#shared/json.ts";
import { type EventMessage, matchesEventFilter } from "./event-filter.ts";

const EVENT: EventMessage = {
  id: "01900000-0000-7000-8000-000000000001",
  occurred: "2026-11-23T18:28:46.149550Z",
  event: "prefect.flow-run.Cancelling",
  resource: { "prefect.resource.id": "prefect.flow-run.1", "prefect.state-type": "CANCELLING" },
  related: [
    { "prefect.resource.id": "prefect.work-pool.2", "prefect.resource.role": "work-pool" },
    { "prefect.resource.id": "prefect.flow.3", "prefect.resource.role": "flow" },
  ],
  payload: {},
  follows: null,
};

const matches = (filter: JsonObject): boolean => matchesEventFilter(filter, EVENT);

describe("an event", () => {
  test("is asked for by a filter that says nothing, or null everywhere", () => {
    expect(matches({})).toBe(true);
    const nulls = {
      event: null,
      resource: null,
      related: null,
      any_resource: null,
      id: { id: [] },
    };
    expect(matches({ ...nulls, occurred: null })).toBe(true);
    expect(matches({ resource: { id: null, labels: null }, related: { id: null } })).toBe(true);
  });

  test("is asked for by its name, or how that begins", () => {
    expect(matches({ event: { name: ["prefect.flow-run.Cancelling"] } })).toBe(true);
    expect(matches({ event: { name: ["prefect.flow-run.Running"] } })).toBe(false);
    expect(matches({ event: { prefix: ["x", "prefect.flow-run."] } })).toBe(true);
    expect(matches({ event: { prefix: ["prefect.task-run."] } })).toBe(false);
    expect(matches({ event: { exclude_prefix: ["prefect."] } })).toBe(false);
    expect(matches({ event: { exclude_name: ["prefect.flow-run.Cancelling"] } })).toBe(false);
  });

  test("is asked for by when it occurred, both ends included", () => {
    const at = EVENT.occurred;
    expect(matches({ occurred: { since: at, until: at } })).toBe(true);
    expect(matches({ occurred: { since: "2026-11-23T18:28:47.000000Z" } })).toBe(false);
    expect(matches({ occurred: { until: "2026-11-23T18:28:45.000000Z" } })).toBe(false);
  });

  test("is asked for by its resource, by others, and by any of them", () => {
    expect(matches({ resource: { id: ["prefect.flow-run.1"] } })).toBe(true);
    expect(matches({ resource: { id: ["prefect.flow.3"] } })).toBe(false);
    expect(matches({ any_resource: { id: ["prefect.flow.3"] } })).toBe(true);
    expect(matches({ any_resource: { id_prefix: ["prefect.task-run."] } })).toBe(false);
    expect(matches({ related: { role: ["flow"], id: ["prefect.flow.3"] } })).toBe(true);
    expect(matches({ related: { role: ["flow"], id: ["prefect.work-pool.2"] } })).toBe(false);
    expect(matches({ related: [{ role: ["flow"] }, { role: ["deployment"] }] })).toBe(false);
    const inRoles = [["prefect.flow.3", "flow"]];
    expect(matches({ related: { resources_in_roles: inRoles } })).toBe(true);
  });

  test("is asked for by labels, with any rest and with anything else", () => {
    const label = (value: string | string[]): boolean =>
      matches({ resource: { labels: { "prefect.state-type": value } } });
    expect(label("CANCELLING")).toBe(true);
    expect(label(["RUNNING", "CANCEL*"])).toBe(true);
    expect(label("!CANCELLING")).toBe(false);
    expect(label("!RUNNING")).toBe(true);
    expect(matches({ resource: { labels: { absent: "x" } } })).toBe(false);
  });

  test("is asked for by its id", () => {
    expect(matches({ id: { id: [EVENT.id] } })).toBe(true);
    expect(matches({ id: { id: ["01900000-0000-7000-8000-000000000002"] } })).toBe(false);
  });
});
