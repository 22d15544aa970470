import { expect, test } from "bun:test";
import { AppError } from "#shared/errors.ts";
import type { JsonObject } from "#shared/json.ts";
import { NO_BLOCKS, requireBlockDefaults } from "./block-defaults.ts";

const ID = "0198f6a2-3f0e-7c55-9a51-1f2f0f5c7d11";

function template(id: string): JsonObject {
  return {
    job_configuration: { login: "{{ login }}" },
    variables: {
      type: "object",
      properties: {
        login: {
          anyOf: [{ $ref: "#/definitions/Login" }, { type: "null" }],
          default: { $ref: { block_document_id: id } },
        },
      },
      definitions: {
        Login: {
          type: "object",
          block_type_slug: "login",
          properties: { user: { type: "string" } },
          required: ["user"],
        },
      },
    },
  };
}

function reasonOf(check: () => void): string {
  try {
    check();
    return "accepted";
  } catch (error) {
    if (error instanceof AppError) return `${error.reason} ${error.message}`;
    throw error;
  }
}

test("trap 5: a default that is a block must be one there is, with data that fits", () => {
  const check = (id: string, data?: JsonObject): string =>
    reasonOf(() =>
      requireBlockDefaults(
        "t",
        template(id),
        data === undefined ? NO_BLOCKS : new Map([[ID, data]]),
      ),
    );
  expect(check(ID)).toStartWith(`not_found t: the default of 'login' is block document '${ID}'`);
  expect(check("no-id", { user: "a" })).toStartWith("not_found t: the default of 'login'");
  expect(check(ID, { user: 7 })).toStartWith("invalid_argument t: default.login");
  expect(check(ID.toUpperCase(), { user: "a" })).toBe("accepted");
});

test("what is no block is not looked up", () => {
  const plain = {
    job_configuration: { a: "{{ a }}" },
    variables: { properties: { a: { default: { $ref: "#/x" } } } },
  };
  expect(reasonOf(() => requireBlockDefaults("t", plain, NO_BLOCKS))).toBe("accepted");
  expect(reasonOf(() => requireBlockDefaults("t", {}, NO_BLOCKS))).toBe("accepted");
});
