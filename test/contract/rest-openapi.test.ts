import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildOpenApi } from "#server/api/rest/openapi.ts";
import type { Route } from "#server/api/rest/route.ts";
import { ROUTES } from "#server/api/rest/routes.ts";
import { type Direction, readContract, SchemaComparison } from "#test/support/compare-contracts.ts";
import { at } from "#test/support/json-value.ts";

/**
 * Where we differ from the reference on purpose, each with its reason. What stands here and is no
 * longer so is a failure too.
 */
const DEVIATIONS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      "POST /deployments/{id}/create_flow_run",
      "POST /flow_runs/",
      "POST /flow_runs/{id}/set_state",
      "POST /flows/",
    ].map((route) => [
      `${route}: answers 200, 201, not 200`,
      "the reference answers 201 too where something was stored, and does not document it",
    ]),
  ),
  "POST /block_schemas/: answers 200, 201, not 201":
    "the reference answers 200 too where the schema was there, and does not document it",
  ...Object.fromEntries(
    ["DELETE", "GET", "PATCH"].map((method) => [
      `${method} /v2/concurrency_limits/{id_or_name} path id_or_name: format none, not uuid`,
      "clients send names here too, which the reference takes and does not document",
    ]),
  ),
  ...Object.fromEntries(
    ["", "/name/{block_document_name}"].map((rest) => [
      `GET /block_types/slug/{slug}/block_documents${rest}: tags ["Block types","Block documents"], not ["Block types","Block types","Block documents"]`,
      "the reference names a tag twice",
    ]),
  ),
};

/** Routes that the reference does not have, each with its reason. */
const OURS: Readonly<Record<string, string>> = {
  "POST /work_pools/{name}/preview_job": "the reference resolves a job only in the worker",
};

const ours = readContract(buildOpenApi(ROUTES).document);
const reference = readContract(
  JSON.parse(readFileSync(join(import.meta.dir, "reference-openapi.json"), "utf8")),
);

function compareRoute({ path, method, responses }: Route): string[] {
  const title = `${method.toUpperCase()} ${path}`;
  const [mine, theirs] = [ours, reference].map(({ paths }) => paths[path]?.[method] ?? {});
  const differences: string[] = [];
  const say = (what: string): number => differences.push(`${title}: ${what}`);
  const compare = (direction: Direction, place: string, ...keys: string[]): void => {
    const comparison = new SchemaComparison(ours, reference, direction);
    comparison.compare(`${title} ${place}`, find(mine, keys), find(theirs, keys));
    differences.push(...comparison.differences);
  };

  for (const key of ["operationId", "tags"]) {
    const [my, their] = [find(mine, [key]), find(theirs, [key])];
    if (their !== undefined && !Bun.deepEquals(my, their))
      say(`${key} ${JSON.stringify(my)}, not ${JSON.stringify(their)}`);
  }
  const [myParameters, theirParameters] = [mine, theirs].map(parametersOf);
  for (const name of new Set([
    ...Object.keys(myParameters ?? {}),
    ...Object.keys(theirParameters ?? {}),
  ])) {
    const [my, their] = [myParameters?.[name], theirParameters?.[name]];
    if (my === undefined || their === undefined)
      say(`${name} is ${my === undefined ? "missing" : "ours"}`);
    else {
      if (find(my, ["required"]) !== find(their, ["required"]))
        say(`${name} is not equally required`);
      const comparison = new SchemaComparison(ours, reference, "request");
      comparison.compare(`${title} ${name}`, find(my, ["schema"]), find(their, ["schema"]));
      differences.push(...comparison.differences);
    }
  }
  const [myBody, theirBody] = [mine, theirs].map((operation) => find(operation, ["requestBody"]));
  if ((myBody === undefined) !== (theirBody === undefined)) say("only one has a body");
  else if (myBody !== undefined) {
    const [my, their] = [myBody, theirBody].map((body) => find(body, ["required"]) === true);
    if (my !== their) say("the body is not equally required");
    compare("request", "body", "requestBody", "content", "application/json", "schema");
  }
  const statuses = (operation: unknown): string[] =>
    Object.keys(Object(find(operation, ["responses"]))).filter((status) => status < "400");
  if (!Bun.deepEquals(statuses(mine), statuses(theirs))) {
    say(`answers ${statuses(mine).join(", ")}, not ${statuses(theirs).join(", ")}`);
  }
  for (const status of statuses(theirs).filter((one) => one in responses)) {
    const keys = ["responses", status, "content", "application/json", "schema"];
    const [my, their] = [find(mine, keys), find(theirs, keys)];
    if ((my === undefined) !== (their === undefined)) say(`only one has a body with ${status}`);
    else if (my !== undefined) compare("response", status, ...keys);
  }
  return differences;
}

/** By place and name. */
function parametersOf(operation: unknown): Record<string, unknown> {
  const parameters = find(operation, ["parameters"]);
  return Object.fromEntries(
    (Array.isArray(parameters) ? parameters : []).map((parameter) => [
      `${String(at(parameter, "in"))} ${String(at(parameter, "name"))}`,
      parameter,
    ]),
  );
}

function find(value: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((here, key) => Object(here)[key], value);
}

test("every route is the reference's, apart from what is listed with a reason", () => {
  const known = ROUTES.filter(({ path, method }) => reference.paths[path]?.[method] !== undefined);
  const strange = ROUTES.filter((route) => !known.includes(route)).map(
    ({ path, method }) => `${method.toUpperCase()} ${path}`,
  );
  expect(strange.toSorted()).toEqual(Object.keys(OURS).toSorted());
  expect(known.flatMap(compareRoute).toSorted()).toEqual(Object.keys(DEVIATIONS).toSorted());
});

test("a route that differs is noticed, in each part of it", () => {
  const place = (schema: object, direction: Direction, their: string): string[] => {
    const comparison = new SchemaComparison(ours, reference, direction);
    comparison.compare("here", schema, { $ref: `#/components/schemas/${their}` });
    return comparison.differences;
  };
  const properties = { name: { type: "string" }, colour: { type: "string" } };
  const request = place({ type: "object", properties }, "request", "WorkPoolCreate");
  expect(request).toEqual(
    expect.arrayContaining([
      "here: is named nothing, not WorkPoolCreate",
      "here.name: pattern none, not ^[^/%&><]+$",
      "here.is_paused: is missing",
      "here.colour: is ours",
      "here.name: may be left out",
      "here: takes unknown fields",
    ]),
  );
  const status = { enum: ["READY", "LOST"], type: ["string"][0] };
  const response = place(
    { type: "object", properties: { name: { type: "integer" }, status } },
    "response",
    "WorkPoolResponse",
  );
  expect(response).toEqual(
    expect.arrayContaining([
      "here.name: may be integer",
      "here.status: may be LOST",
      "here.id: is missing",
      "here.id: need not be there",
    ]),
  );
});
