import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { runCli } from "#cli/program.ts";
import { BlockWorld, freshEncryptionKey } from "#test/support/block-world.ts";
import { capture } from "#test/support/captured-cli.ts";
import { CliOnServer } from "#test/support/cli-on-server.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";
import { TestServer } from "#test/support/test-server.ts";

const SECRET = "s3cr3t-value";
const API_KEY = "key-of-the-cli-test";

let server: TestServer;
let folder: TemporaryDirectory;
let cli: CliOnServer;
let id: string;

beforeAll(async () => {
  server = await TestServer.start({ SLUICE_SERVER_ENCRYPTION_KEY: freshEncryptionKey() });
  folder = new TemporaryDirectory("cli blocks");
  cli = new CliOnServer(server, folder.path);
  id = await new BlockWorld(new RestClient(server.url)).storeSecret("token", SECRET);
}, 30_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const out = async (...words: string[]): Promise<string> => {
  const result = await cli.run(words);
  expect(result).toMatchObject({ code: 0, err: "" });
  return result.out;
};

describe("variables", () => {
  test("are set, read, listed and unset", async () => {
    expect(await cli.json("variable", "ls")).toEqual([]);
    expect(await out("variable", "set", "stage", "production", "--tag", "a", "--tag", "b")).toBe(
      "Set variable 'stage'.\n",
    );
    expect(await out("variable", "get", "stage")).toBe("production\n");
    expect(await out("variable", "get", "stage", "-o", "json")).toBe('"production"\n');
    expect(await out("variable", "ls")).toMatch(/stage\s+"production"\s+a, b/);
    expect(await out("variable", "inspect", "stage")).toContain("production");
    expect(await cli.json("variable", "inspect", "stage")).toMatchObject({
      name: "stage",
      value: "production",
      tags: ["a", "b"],
    });
    expect(await cli.json("variable", "unset", "stage")).toEqual({ deleted: "stage" });
    expect((await cli.run(["variable", "get", "stage"])).code).toBe(1);
  });

  test("hold JSON to the last digit", async () => {
    for (const value of ["12345678901234567890", '{"a":[1.0,null]}', "true"]) {
      await out("variable", "set", "exact", value, "--overwrite");
      expect(await out("variable", "get", "exact")).toBe(`${value}\n`);
    }
  });

  test("are changed only with --overwrite, and keep their tags", async () => {
    await out("variable", "set", "kept", "1", "--tag", "t");
    const refused = await cli.run(["variable", "set", "kept", "2"]);
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toContain("--overwrite");
    const changed = await cli.json("variable", "set", "kept", "2", "--overwrite");
    expect(changed).toMatchObject({ value: 2, tags: ["t"] });
  });

  test("are refused by the control plane in its words", async () => {
    const refused = await cli.run(["variable", "set", "Not Small", "1"]);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/^Error: name: 'Not Small'/);
    const absent = await cli.run(["variable", "unset", "absent"]);
    expect(absent.err).toContain("no variable 'absent'");
  });
});

describe("blocks", () => {
  test("are listed and shown, with their secrets masked", async () => {
    expect(await out("block", "ls")).toContain("secret/token");
    expect(await cli.json("block", "ls", "--type", "json")).toEqual([]);
    for (const name of ["secret/token", id]) {
      const shown = await out("block", "inspect", name);
      expect(shown).toContain('"value": "********"');
      expect(shown).not.toContain(SECRET);
    }
    expect(await cli.json("block", "inspect", id)).toMatchObject({
      id,
      name: "token",
      block_type: "secret",
      data: { value: "********" },
    });
  });

  test("are deleted", async () => {
    await new BlockWorld(new RestClient(server.url)).storeSecret("gone", 1);
    expect(await out("block", "delete", "secret/gone")).toBe("Deleted block 'secret/gone'.\n");
    expect((await cli.run(["block", "inspect", "secret/gone"])).err).toContain("secret/gone");
    expect(await cli.run(["block", "inspect", "nonsense"])).toMatchObject({ code: 2 });
  });

  test("are of kinds that are listed and shown", async () => {
    expect(await out("block", "type", "ls")).toContain("docker-registry-credentials");
    const shown = await out("block", "type", "inspect", "docker-registry-credentials");
    expect(shown).toMatch(/password\s+yes/);
    expect(await cli.json("block", "type", "inspect", "secret")).toMatchObject({
      slug: "secret",
      is_protected: true,
      fields: { secret_fields: ["value"] },
    });
    expect((await cli.run(["block", "type", "inspect", "absent"])).code).toBe(1);
  });
});

describe("the REST API", () => {
  const run = async (
    environment: Record<string, string>,
  ): Promise<{ code: number; err: string }> => {
    const captured = capture({ environment: { SLUICE_HOME: folder.path, ...environment } });
    const code = await runCli(["variable", "ls"], captured.surroundings);
    return { code, err: captured.err() };
  };

  test("is missed with the address and the way out", async () => {
    const { code, err } = await run({ SLUICE_API_URL: "http://127.0.0.1:1" });
    expect(code).toBe(1);
    expect(err).toStartWith(
      "Error: cannot reach the control plane at http://127.0.0.1:1: connection refused\n",
    );
    expect(err).toContain("SLUICE_API_URL");
  });

  test("wants an address that is one", async () => {
    const { code, err } = await run({ SLUICE_API_URL: "nonsense" });
    expect(code).toBe(2);
    expect(err).toContain("SLUICE_API_URL: 'nonsense' is not an address");
  });

  test("is given the key, and says so if it is wrong or missing", async () => {
    await using locked = await TestServer.start({ SLUICE_SERVER_API_KEY: API_KEY });
    const at = { SLUICE_API_URL: `${locked.url}/api` };
    expect((await run({ ...at, SLUICE_API_KEY: API_KEY })).code).toBe(0);
    expect((await run(at)).err).toContain("set SLUICE_API_KEY");
    const wrong = await run({ ...at, SLUICE_API_KEY: "other" });
    expect(wrong.err).toContain("was not accepted");
    expect(wrong.err).not.toContain("other");
  });
});
