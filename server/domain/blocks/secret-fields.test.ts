import { describe, expect, test } from "bun:test";
import { MASK } from "#shared/mask.ts";
import { maskSecrets, takeSecrets } from "./secret-fields.ts";

const DATA = {
  user: "u",
  key: "k",
  account: { id: 1, token: "t", deep: { a: "x", b: "y" } },
  list: ["p", "q"],
  nothing: null,
};

describe("secret fields", () => {
  test.each([
    [["key"], { ...DATA, key: MASK }],
    [["absent", "absent.*", "user.more"], { ...DATA, user: MASK }],
    [["account.token"], { ...DATA, account: { ...DATA.account, token: MASK } }],
    [["account.deep"], { ...DATA, account: { ...DATA.account, deep: { a: MASK, b: MASK } } }],
    [["account.*"], { ...DATA, account: { id: MASK, token: MASK, deep: { a: MASK, b: MASK } } }],
    [
      ["*.token"],
      {
        ...DATA,
        ...masked("user", "key", "list", "nothing"),
        account: { ...DATA.account, token: MASK },
      },
    ],
    [["list.0"], { ...DATA, list: MASK }],
    [["list"], { ...DATA, list: MASK }],
    [["nothing"], { ...DATA, nothing: MASK }],
    [[], DATA],
  ])("%j are masked", (fields, expected) => {
    expect(maskSecrets(DATA, fields)).toEqual(expected);
  });

  test("are taken out with their places, and null is left there", () => {
    const { data, secrets } = takeSecrets(DATA, ["key", "account.*", "account.token"]);
    expect(data).toEqual({
      ...DATA,
      key: null,
      account: { id: null, token: null, deep: { a: null, b: null } },
    });
    expect(secrets).toEqual([
      { path: ["key"], value: "k" },
      { path: ["account", "id"], value: 1 },
      { path: ["account", "token"], value: "t" },
      { path: ["account", "deep", "a"], value: "x" },
      { path: ["account", "deep", "b"], value: "y" },
    ]);
  });

  test("a key with a dot or of an odd name is one step", () => {
    const data = { a: { "b.c": "x", ["__proto__"]: "y" } };
    expect(takeSecrets(data, ["a.*"]).secrets.map(({ path }) => path)).toEqual([
      ["a", "b.c"],
      ["a", "__proto__"],
    ]);
  });
});

function masked(...keys: string[]): Record<string, string> {
  return Object.fromEntries(keys.map((key) => [key, MASK]));
}
