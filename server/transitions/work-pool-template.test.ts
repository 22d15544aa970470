import { describe, expect, test } from "bun:test";
import { requireTemplateStructure } from "#server/domain/work-pool.ts";
import type { JsonObject } from "#shared/json.ts";
import { workerTypes } from "#shared/worker-types/worker-types.ts";
import { requireSchema, schemaViolation } from "./json-schema.ts";
import { parseBaseJobTemplate, templateVariables } from "./work-pool-template.ts";

const BLOCK: JsonObject = {
  $ref: { block_document_id: "0198f6a2-3f0e-7c55-9a51-1f2f0f5c7d11" },
};
/** Values of the required variables, as somebody would give them. */
const GIVEN: Readonly<Record<string, JsonObject>> = {
  "vertex-ai": { region: "europe-west4", image: "registry/image:1" },
  "azure-container-instance": { resource_group_name: "group", subscription_id: "id" },
  "cloud-run:push": { credentials: BLOCK },
  "ecs:push": { aws_credentials: BLOCK },
  "azure-container-instance:push": {
    resource_group_name: "group",
    subscription_id: "id",
    aci_credentials: BLOCK,
  },
  "modal:push": { modal_credentials: BLOCK },
};

describe.each(workerTypes().map((each) => [each.type, each.defaultBaseJobTemplate] as const))(
  "the default template of %p",
  (type, template) => {
    const variables = templateVariables(template) ?? {};
    const violation = (values: JsonObject): string | undefined =>
      schemaViolation("job_variables", variables, values, { required: true })?.field;

    test("is one that a pool may be given", () => {
      requireTemplateStructure("template", template);
      requireSchema("template.variables", variables);
      expect(parseBaseJobTemplate("template", JSON.stringify(template))).toEqual(template);
    });

    test("lets a run start with no more than the required variables", () => {
      const given = GIVEN[type] ?? {};
      expect(violation(given)).toBeUndefined();
      for (const name of Object.keys(given)) {
        const others = Object.fromEntries(Object.entries(given).filter(([key]) => key !== name));
        expect(violation(others)).toBe(`job_variables.${name}`);
      }
    });

    test("refuses a value of the wrong type by name", () => {
      const given = GIVEN[type] ?? {};
      expect(violation({ ...given, env: "A=1" })).toBe("job_variables.env");
      expect(violation({ ...given, command: ["echo"] })).toBe("job_variables.command");
      expect(violation({ ...given, env: { A: null, B: "1" } })).toBeUndefined();
    });
  },
);
