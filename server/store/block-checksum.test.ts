import { expect, test } from "bun:test";
import { blockChecksum } from "./block-checksum.ts";
import vectors from "#test/support/block-checksums.json" with { type: "json" };

test("a checksum is the SHA-256 of the schema's text", () => {
  // printf '[[{}], {}]' | sha256sum
  expect(blockChecksum("{}")).toBe(
    "sha256:f8e6e96abbc38504d4e9c99fc57281fa0026bede1fa42db79f22f984501710f4",
  );
});

test("checksums are those that Prefect 3.9.1 answers for the same schemas", () => {
  const wrong = vectors.filter(({ fields, checksum }) => blockChecksum(fields) !== checksum);
  expect(vectors.length).toBeGreaterThan(50);
  expect(wrong).toEqual([]);
});
