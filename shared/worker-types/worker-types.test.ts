import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findPlaceholders } from "#shared/job-template/placeholder.ts";
import { resolveJobConfiguration } from "#shared/job-template/resolve.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "#shared/json.ts";
import { defaultBaseJobTemplate, findWorkerType, workerTypes } from "./worker-types.ts";

const BASE = ["name", "env", "labels", "command"];
/** The variables without which a pool of the type cannot run anything. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  "vertex-ai": ["region", "image"],
  "azure-container-instance": ["resource_group_name", "subscription_id"],
  "cloud-run:push": ["credentials"],
  "ecs:push": ["aws_credentials"],
  "azure-container-instance:push": ["resource_group_name", "subscription_id", "aci_credentials"],
  "modal:push": ["modal_credentials"],
};

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function propertiesOf(schema: JsonObject): [string, JsonObject][] {
  return Object.entries(objectOf(schema["properties"])).map(([name, property]) => [
    name,
    objectOf(property),
  ]);
}

function resolved(type: string, jobVariables: JsonObject = {}): JsonObject {
  return resolveJobConfiguration({
    baseJobTemplate: defaultBaseJobTemplate(type),
    deploymentJobVariables: {},
    jobVariables,
    environment: () => undefined,
  });
}

test("the types are those that Prefect's pools have, those with a worker first", () => {
  expect(workerTypes().map(({ type, displayName }) => [type, displayName])).toEqual([
    ["process", "Process"],
    ["docker", "Docker"],
    ["kubernetes", "Kubernetes"],
    ["ecs", "AWS Elastic Container Service"],
    ["cloud-run", "Google Cloud Run"],
    ["cloud-run-v2", "Google Cloud Run V2"],
    ["vertex-ai", "Google Vertex AI"],
    ["azure-container-instance", "Azure Container Instances"],
    ["cloud-run:push", "Google Cloud Run - Push"],
    ["ecs:push", "AWS Elastic Container Service - Push"],
    ["azure-container-instance:push", "Azure Container Instances - Push"],
    ["modal:push", "Modal - Push"],
    ["prefect:managed", "Prefect Managed"],
  ]);
});

test("a type without a default template is refused with the types that have one", () => {
  expect(findWorkerType("nomad")).toBeUndefined();
  expect(() => defaultBaseJobTemplate("nomad")).toThrow(
    "type: 'nomad' has no default template; use one of 'process', 'docker', 'kubernetes'",
  );
  expect(() => defaultBaseJobTemplate("constructor")).toThrow("has no default template");
});

describe.each(workerTypes().map((each) => [each.type, each] as const))("%p", (type, each) => {
  const { job_configuration: configuration, variables } = each.defaultBaseJobTemplate;
  const properties = propertiesOf(variables);
  const definitions = objectOf(variables["definitions"]);

  test("has what a list of types shows, and a logo that needs no other file", () => {
    expect(each.description).toMatch(/^[A-Z].+\.$/);
    expect(each.logoUrl).toStartWith("data:image/svg+xml,%3Csvg");
    expect(each.isBeta).toBe(false);
    expect(each.packageName).toMatch(/^prefect(-[a-z]+)?$/);
    const served = !/:(push|managed)$/.test(type);
    expect(each.installCommand).toBe(served ? `pip install ${each.packageName}` : "");
  });

  test("is explained under a heading that the document has", () => {
    const [page, heading] = each.documentationUrl.split("#");
    expect(page).toBe("/docs/worker-types");
    const document = readFileSync(join(import.meta.dir, "../../docs/worker-types.md"), "utf8");
    const headings = [...document.matchAll(/^#+ (.+)$/gm)].map(([, text = ""]) =>
      text.toLowerCase().replaceAll(" ", "-"),
    );
    expect(headings).toContain(heading ?? "");
    expect(document).toContain(`| \`${type}\``);
  });

  test("has the base variables, and each variable a title, a description and a type", () => {
    expect(properties.map(([name]) => name)).toEqual(expect.arrayContaining(BASE));
    const nested = Object.values(definitions).flatMap((schema) => propertiesOf(objectOf(schema)));
    for (const [name, property] of [...properties, ...nested]) {
      expect([name, property["title"]]).toEqual([name, expect.stringMatching(/\S/)]);
      expect([name, property["description"]]).toEqual([name, expect.stringMatching(/\.$/)]);
      const kind = property["type"] ?? property["anyOf"] ?? property["$ref"];
      expect([name, kind]).not.toEqual([name, undefined]);
    }
  });

  test("uses each of its variables, and declares all it uses", () => {
    const used = new Set(findPlaceholders(JSON.stringify(configuration)).map(({ name }) => name));
    expect([...used].toSorted()).toEqual(properties.map(([name]) => name).toSorted());
  });

  test("defines all it refers to, and nothing else", () => {
    const text = JSON.stringify(variables);
    const used = [...text.matchAll(/"#\/definitions\/(\w+)"/g)].map(([, name = ""]) => name);
    expect([...new Set(used)].toSorted()).toEqual(Object.keys(definitions).toSorted());
  });

  test("requires only what nothing else can provide, and gives that no default", () => {
    expect(variables["required"] ?? []).toEqual(REQUIRED[type] ?? []);
    for (const name of REQUIRED[type] ?? []) {
      expect(Object.fromEntries(properties)[name]).not.toHaveProperty("default");
    }
  });

  test("gives defaults to no list and no object", () => {
    for (const [, property] of properties) {
      const value = property["default"] ?? null;
      expect(isJsonArray(value) || isJsonObject(value)).toBe(false);
    }
  });

  test("without any values keeps only what has a default", () => {
    const configurationKeys = Object.keys(resolved(type));
    for (const [name, property] of properties) {
      if (configuration[name] !== `{{ ${name} }}`) continue;
      const isSet = (property["default"] ?? null) !== null;
      expect([name, configurationKeys.includes(name)]).toEqual([name, isSet]);
    }
    expect(JSON.stringify(resolved(type))).not.toContain("{{");
  });
});

test("a Kubernetes manifest keeps its fixed parts and drops what is unset", () => {
  expect(resolved("kubernetes")["job_manifest"]).toEqual({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { namespace: "default", generateName: "-" },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: {},
        spec: {
          parallelism: 1,
          completions: 1,
          restartPolicy: "Never",
          containers: [
            {
              name: "prefect-job",
              imagePullPolicy: "IfNotPresent",
              resources: { limits: {}, requests: {} },
            },
          ],
        },
      },
    },
  });
});

test("a value of a variable reaches every place of its template, with its type", () => {
  const { task_definition, task_run_request } = resolved("ecs", {
    cpu: 512,
    labels: { team: "data" },
    container_name: "main",
  });
  expect(task_definition).toEqual({ containerDefinitions: [{ name: "main" }], cpu: 512 });
  expect(task_run_request).toEqual({
    launchType: "FARGATE",
    overrides: { containerOverrides: [{ name: "main", cpu: 512 }], cpu: 512 },
    tags: { team: "data" },
  });
  expect(resolved("cloud-run-v2")["job_body"]).toMatchObject({
    template: { template: { timeout: "600s", maxRetries: 0, vpcAccess: {} } },
  });
});

test("a push type has the variables of its base, and none that may be left out on credentials", () => {
  for (const base of ["cloud-run", "ecs", "azure-container-instance"]) {
    const push = defaultBaseJobTemplate(`${base}:push`);
    expect(push.job_configuration).toEqual(defaultBaseJobTemplate(base).job_configuration);
    const names = (template: JsonObject): string[] => propertiesOf(template).map(([name]) => name);
    expect(names(push.variables)).toEqual(names(defaultBaseJobTemplate(base).variables));
    expect(JSON.stringify(objectOf(push.variables["properties"]))).not.toMatch(
      /credentials":\{[^{}]*Left out/,
    );
  }
});
