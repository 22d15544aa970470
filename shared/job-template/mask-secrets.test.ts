import { expect, test } from "bun:test";
import type { JsonObject } from "#shared/json.ts";
import { explainJob } from "./explain.ts";
import { MASK, maskSecrets } from "./mask-secrets.ts";

const REFERENCE = { $ref: { block_document_id: "0198f6a2-3f0e-7c55-9a51-1f2f0f5c7d11" } };
const TEMPLATE: JsonObject = {
  job_configuration: {
    image: "{{ image }}",
    url: "https://{{ login.user }}:{{ login.password }}@host",
    key: "{{ key }}",
    tokens: "{{ tokens }}",
    env: { KEY: "{{ key }}" },
    unset: "{{ unset }}",
  },
  variables: {
    type: "object",
    properties: {
      image: { type: "string", default: "plain" },
      login: { type: "object", writeOnly: true },
      key: { type: "string", format: "password", default: "default-secret" },
      tokens: { type: "array", items: { type: "string", format: "password" } },
      unset: { anyOf: [{ type: "string", format: "password" }, { type: "null" }], default: null },
    },
  },
};

const explain = (deploymentJobVariables: JsonObject, jobVariables: JsonObject) =>
  explainJob(maskSecrets({ baseJobTemplate: TEMPLATE, deploymentJobVariables, jobVariables }));

test("no part of a secret is in a preview, however it was given", () => {
  const explained = explain(
    { login: { user: "secret-user", password: "secret-password" }, key: "secret-key" },
    { "login.password": "secret-dotted", tokens: ["secret-a", "secret-b"], image: "shown" },
  );
  expect(JSON.stringify(explained)).not.toContain("secret-");
  expect(explained.jobConfiguration).toEqual({
    image: "shown",
    url: `https://${MASK}:${MASK}@host`,
    key: MASK,
    tokens: [MASK, MASK],
    env: { KEY: MASK },
  });
  expect(explained.variables.find(({ name }) => name === "tokens")).toMatchObject({
    value: [MASK, MASK],
    origin: "flow run",
    isSecret: true,
  });
});

test("a default is masked, and null is left as nobody's value", () => {
  const { jobConfiguration } = explain({}, {});
  expect(jobConfiguration).toMatchObject({ key: MASK, image: "plain" });
  expect("unset" in jobConfiguration).toBeFalse();
});

test("what names a secret is shown, and what only contains a name is not", () => {
  const { jobConfiguration, references } = explain(
    { login: REFERENCE, key: "{{ prefect.blocks.secret.token }}" },
    { tokens: ["x{{ prefect.variables.v }}"] },
  );
  expect(jobConfiguration).toMatchObject({
    key: "{{ prefect.blocks.secret.token }}",
    tokens: [MASK],
  });
  expect(references).toEqual(["prefect.blocks.secret.token"]);
});

test("a template without secrets is as it was", () => {
  const input = { baseJobTemplate: {}, deploymentJobVariables: { a: 1 }, jobVariables: {} };
  expect(maskSecrets(input)).toEqual(input);
});
