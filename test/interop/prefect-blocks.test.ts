import { afterAll, beforeAll, expect, test } from "bun:test";
import { freshEncryptionKey } from "#test/support/block-world.ts";
import { PrefectClient } from "#test/support/prefect-client.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
let rest: RestClient;
let prefect: PrefectClient;

const BLOCKS = `
from typing import Any, Optional
from pydantic import BaseModel, Field, SecretStr
from prefect.blocks.core import Block
from prefect.blocks.system import Secret

class Limits(BaseModel):
    ratio: float = 1.0
    keys: dict[str, SecretStr] = {}

class Account(Block):
    user: str = "ü"
    password: SecretStr
    ratio: float = 1.0

class Holder(Block):
    account: Account
    spare: Optional[Account] = None
    limits: Limits = Field(default_factory=Limits)
    more: dict[str, Any] = {}

def save():
    Secret(value="hush").save("word", overwrite=True)
    Secret(value={"a": [1, 2]}).save("object", overwrite=True)
    Account(password="first").save("own", overwrite=True)
    account = Account.load("own")
    account.user = "changed"
    account.save("own", overwrite=True)
    Holder(account=account, spare=Account(password="anonymous")).save("all", overwrite=True)

save()
save()
assert Secret.load("word").get() == "hush"
assert Secret.load("object").get() == {"a": [1, 2]}
account = Account.load("own")
assert (account.user, account.password.get_secret_value()) == ("changed", "first")
holder = Holder.load("all")
assert holder.account.password.get_secret_value() == "first"
assert holder.spare.password.get_secret_value() == "anonymous"
print("all loaded")
`;

const VARIABLES = `
from prefect.variables import Variable
Variable.set("v", {"x": [1, 2.5, None]}, tags=["t"])
assert Variable.get("v") == {"x": [1, 2.5, None]}
Variable.set("v", "again", overwrite=True)
assert Variable.get("v") == "again"
assert Variable.get("absent", default=3) == 3
assert Variable.unset("v")
print("all read")
`;

beforeAll(async () => {
  server = await TestServer.start({ SLUICE_SERVER_ENCRYPTION_KEY: freshEncryptionKey() });
  rest = new RestClient(server.url);
  prefect = await PrefectClient.create(server.url);
}, 300_000);

afterAll(async () => {
  prefect[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

async function schemaCount(): Promise<number> {
  const { body } = await rest.post("/block_schemas/filter", {});
  return Array.isArray(body) ? body.length : -1;
}

test("blocks are registered, saved, changed and loaded, and schemas are found again by their checksums", async () => {
  const script = `${prefect.write("blocks.py", BLOCKS)}/blocks.py`;
  const before = await schemaCount();
  const first = await prefect.run("python", script);
  expect(first.output).toContain("all loaded");
  expect(first.exitCode).toBe(0);
  // Those of the client's secret, and of the two kinds of the script.
  expect(await schemaCount()).toBe(before + 3);
  expect((await prefect.run("python", script)).exitCode).toBe(0);
  expect(await schemaCount()).toBe(before + 3);
}, 120_000);

test("the command line lists and shows blocks with their secrets masked", async () => {
  const listed = await prefect.run("prefect", "block", "ls");
  expect(listed.output).toContain("holder/all");
  const shown = await prefect.run("prefect", "block", "inspect", "secret/word");
  expect(shown.output).toContain("********");
  expect(shown.output).not.toContain("hush");
}, 120_000);

test("variables are set, read and unset, by the SDK and the command line", async () => {
  const script = `${prefect.write("variables.py", VARIABLES)}/variables.py`;
  expect((await prefect.run("python", script)).output).toContain("all read");
  expect((await prefect.run("prefect", "variable", "set", "c", '{"a": 1}')).exitCode).toBe(0);
  expect((await prefect.run("prefect", "variable", "get", "c")).output).toContain('{"a": 1}');
  expect((await prefect.run("prefect", "variable", "ls")).output).toContain("c");
  expect((await prefect.run("prefect", "variable", "unset", "c")).exitCode).toBe(0);
}, 120_000);
