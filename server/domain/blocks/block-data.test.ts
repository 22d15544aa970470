import { describe, expect, test } from "bun:test";
import type { JsonObject } from "#shared/json.ts";
import {
  type BlockGraph,
  joinReferences,
  maskedData,
  patchedData,
  plainData,
  splitReferences,
} from "./block-data.ts";

const INNER = {
  id: "i",
  data: { user: "u", key: null },
  secrets: [{ path: ["key"], sealed: "sealed" }],
  secretFields: ["key"],
  references: {},
};
const OUTER = {
  id: "o",
  data: { name: "n" },
  secrets: [],
  secretFields: ["in.user"],
  references: { in: "i" },
};
const graph = (...blocks: (typeof INNER | typeof OUTER)[]): BlockGraph =>
  new Map(blocks.map((block) => [block.id, block]));

describe("the data of a block", () => {
  test("has those of the blocks it refers to, and its secrets", () => {
    const data = plainData(graph(INNER, OUTER), "o", (id, { sealed }) => `${id}:${sealed}`);
    expect(data).toEqual({ name: "n", in: { user: "u", key: "i:sealed" } });
  });

  test("masks what either block calls secret, without any key", () => {
    expect(maskedData(graph(INNER, OUTER), "o")).toEqual({
      name: "n",
      in: { user: "********", key: "********" },
    });
  });

  test("ends where a block contains itself", () => {
    const loop = { ...OUTER, secretFields: [], references: { in: "o" } };
    expect(maskedData(graph(loop), "o")).toEqual({ name: "n", in: {} });
  });

  test("is taken apart where a field is another block, and joined again", () => {
    const given = { a: 1, b: { $ref: { block_document_id: "i" } }, c: { $ref: "x" } };
    const parts = splitReferences(given);
    expect(parts).toEqual({ data: { a: 1, c: { $ref: "x" } }, references: { b: "i" } });
    expect(joinReferences(parts.data, parts.references)).toEqual(given);
  });
});

describe("a change of data", () => {
  const secretFields = ["key", "more.*"];
  const stored = { user: "u", key: "k", more: { a: "x", b: "y" } };
  const change = (patch: JsonObject, merge: boolean): JsonObject =>
    patchedData({ own: stored, current: stored }, patch, { merge, secretFields });

  test.each([
    [{ user: "new" }, { ...stored, user: "new" }],
    [{ key: "********" }, stored],
    [{ key: "new" }, { ...stored, key: "new" }],
    [{ more: { a: "********", c: "z" } }, { ...stored, more: { a: "x", c: "z" } }],
    [{ more: "********" }, stored],
    [{ more: { none: "********" } }, { ...stored, more: {} }],
    [{ user: "********" }, { ...stored, user: "********" }],
  ])("%j is merged into what is there", (patch, expected) => {
    expect(change(patch, true)).toEqual(expected);
  });

  test("replaces all, but for masked secrets", () => {
    expect(change({ key: "********", user: "new" }, false)).toEqual({ key: "k", user: "new" });
  });

  test("takes a masked secret out of a block that was referred to", () => {
    const own = { in: { $ref: { block_document_id: "i" } } };
    const current = { in: { user: "u", key: "k" } };
    const patch = { in: { user: "new", key: "********" } };
    expect(patchedData({ own, current }, patch, { merge: true, secretFields: ["in.key"] })).toEqual(
      { in: { user: "new", key: "k" } },
    );
  });
});
