import { describe, expect, test } from "bun:test";
import type { JsonObject, JsonValue } from "#shared/json.ts";
import {
  fillReferences,
  findReferences,
  mayHaveReferences,
  readReferences,
  type ResolvedReferences,
  writeReferences,
} from "./references.ts";

const ID = "0198c0de-0000-7000-8000-000000000001";

function fill(value: JsonValue, values: JsonObject): JsonValue | undefined {
  const resolved: ResolvedReferences = new Map(
    Object.entries(values).map(([name, inner]) => [name, { value: inner }]),
  );
  return fillReferences({ key: value }, resolved)["key"];
}

describe("references", () => {
  test("are found wherever they stand, each once", () => {
    const found = findReferences({
      a: [
        "x {{ prefect.blocks.secret.s }}",
        "{{ prefect.blocks.aws-credentials.prod.keys[0].id }}",
      ],
      b: "{{ prefect.variables.v }} {{ prefect.variables.v }}",
      c: { d: { $ref: { block_document_id: ID } } },
      e: "{{ other }} {{ $ENV }}",
      f: { $ref: "#/definitions/X" },
    });
    expect(found).toEqual([
      { kind: "block", name: "prefect.blocks.secret.s", slug: "secret", document: "s", path: "" },
      {
        kind: "block",
        name: "prefect.blocks.aws-credentials.prod.keys[0].id",
        slug: "aws-credentials",
        document: "prod",
        path: "keys[0].id",
      },
      { kind: "variable", name: "prefect.variables.v", variable: "v" },
      { kind: "document", name: `block_document_id ${ID}`, id: ID },
    ]);
  });

  test.each([
    ['{"a":"{{ prefect.blocks.secret.s }}"}', true],
    ['{"a":"{{prefect.variables.v}}"}', true],
    [`{"a":{"$ref":{"block_document_id":"${ID}"}}}`, true],
    ['{"a":"{{ image }}","b":{"$ref":"#/definitions/X"}}', false],
  ])("are ruled out by a look at the text: %p", (text, expected) => {
    expect(mayHaveReferences(["{}", text])).toBe(expected);
    expect(findReferences(JSON.parse(text)).length > 0).toBe(expected);
  });

  test("survive being sent", () => {
    const resolved: ResolvedReferences = new Map([
      ["a", { value: null }],
      ["b", { value: { c: [1] } }],
      ["d", { error: "why" }],
    ]);
    const text = JSON.stringify(writeReferences(resolved));
    expect(readReferences(JSON.parse(text))).toEqual(resolved);
  });
});

describe("filling references", () => {
  const block = "prefect.blocks.secret.s";
  const variable = "prefect.variables.v";

  test.each([
    [`{{ ${block} }}`, { [block]: { a: [1] } }, { a: [1] }],
    [`{{ ${block} }}`, { [block]: null }, null],
    [`x-{{ ${block} }}-{{${block}}}`, { [block]: 5 }, "x-5-5"],
    [`{{ ${variable} }}`, { [variable]: true }, true],
    [`x {{ ${variable} }}`, { [variable]: { a: 1 } }, 'x {"a":1}'],
    [{ $ref: { block_document_id: ID } }, { [`block_document_id ${ID}`]: { u: "x" } }, { u: "x" }],
    [
      ["{{ other }}", { deep: `{{ ${variable} }}` }],
      { [variable]: "" },
      ["{{ other }}", { deep: "" }],
    ],
  ])("in %j with %j gives %j", (value, values, expected) => {
    expect(fill(value, values)).toEqual(expected);
  });

  test("fills variables within blocks, but no block within a variable", () => {
    const values = { [block]: `{{ ${variable} }}`, [variable]: `{{ ${block} }}` };
    expect(fill(`{{ ${block} }}`, values)).toBe(`{{ ${block} }}`);
  });

  test("refuses an object within a text, and what is not there, by name and without a value", () => {
    expect(() => fill(`x {{ ${block} }}`, { [block]: { password: "s3cr3t" } })).toThrow(
      `job_configuration.key: '${block}' is an object and cannot stand within a text`,
    );
    expect(() => fill(`{{ ${block} }}`, {})).toThrow(`job_configuration.key: refers to '${block}'`);
    const gone: ResolvedReferences = new Map([[block, { error: "it is gone" }]]);
    expect(() => fillReferences({ env: { A: `{{ ${block} }}` } }, gone)).toThrow(
      `job_configuration.env: refers to '${block}': it is gone`,
    );
  });
});
