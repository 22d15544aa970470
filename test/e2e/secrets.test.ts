import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { BlockWorld } from "#test/support/block-world.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { Stage } from "#test/support/stage.ts";

const SECRET = "s3cr3t-value-of-a-block";

const stage = new Stage("e2e secrets", "release");

beforeAll(async () => {
  const plane = await stage.controlPlane();
  const blocks = new BlockWorld(new RestClient(plane.httpUrl));
  await blocks.storeSecret("token", SECRET);
  await blocks.rest.post("/variables/", { name: "stage", value: "production" });
  await stage.sluice(["work-pool", "create", "pool", "--type", "process"]);
  await stage.agent({ name: "agent" }).start();
});

afterAll(() => stage[Symbol.asyncDispose]());

async function run(name: string, command: string): Promise<{ code: number | null; out: string }> {
  const variables = [
    `env={"TOKEN":"{{ prefect.blocks.secret.token }}","STAGE":"{{ prefect.variables.stage }}"}`,
  ].flatMap((variable) => ["--job-variable", variable]);
  const words = ["--name", `flow/${name}`, "--pool", "pool", "--command", command];
  const deployed = await stage.sluice(["deploy", ...words]);
  expect(deployed).toMatchObject({ code: 0 });
  const watched = ["deployment", "run", `flow/${name}`, "--watch", ...variables];
  const { code, stdout, stderr } = await stage.sluice(watched);
  return { code, out: stdout + stderr };
}

test("a secret reaches the process, and is written nowhere", async () => {
  const sum = new Bun.CryptoHasher("sha256").update(SECRET).digest("hex");
  const { code, out } = await run("reader", `printf '%s' "$TOKEN" | sha256sum; echo "for $STAGE"`);
  expect(out).toContain(sum);
  expect(out).toContain("for production");
  expect(code).toBe(0);

  const told = await stage.sluice(["flow-run", "ls", "-o", "json"]);
  expect(told.stdout + out).not.toContain(SECRET);
  expect(stage.transcript()).not.toContain(SECRET);
  const holding = filesBelow(stage.directory).filter((path) => readFileSync(path).includes(SECRET));
  expect(holding).toEqual([]);
});

test("the key of an embedded database is a file that only its owner may read", () => {
  const key = stage.path("control-plane-1", "encryption.key");
  expect(statSync(key).mode & 0o777).toBe(0o600);
});

test("a reference that leads nowhere ends the attempt before it starts, by its name", async () => {
  const words = ["--name", "flow/lost", "--pool", "pool", "--command", "echo started"];
  await stage.sluice(["deploy", ...words]);
  const lost = await stage.sluice([
    "deployment",
    "run",
    "flow/lost",
    "--watch",
    "--job-variable",
    'env={"TOKEN":"{{ prefect.blocks.secret.absent }}"}',
  ]);
  expect(lost.code).toBe(1);
  expect(lost.stdout).toContain("CRASHED");
  expect(lost.stdout).toContain("prefect.blocks.secret.absent");
  expect(lost.stdout).not.toContain("started\n");
});

/** Every file that the programs have written. */
function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}
