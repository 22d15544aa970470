import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { OnTerminal } from "#test/support/on-terminal.ts";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
let folder: TemporaryDirectory;
beforeAll(async () => {
  server = await TestServer.start();
  folder = new TemporaryDirectory("cli terminal");
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const sluice = (...words: string[]): OnTerminal =>
  new OnTerminal(["work-pool", ...words], {
    SLUICE_GRPC_URL: `http://${server.address}`,
    SLUICE_HOME: folder.path,
    HOME: folder.path,
    NO_COLOR: "1",
  });
const typeOf = async (name: string): Promise<string> =>
  (await server.client.getWorkPool(name)).type;

describe("a pool without a type, on a terminal", () => {
  test.each([
    ["by number", "2\r", "docker"],
    ["by name", "kubernetes\r", "kubernetes"],
    ["by Enter", "\r", "process"],
  ])("is asked for it: %s", async (how, keys, type) => {
    const name = how.replaceAll(" ", "-").toLowerCase();
    const create = sluice("create", name);
    await create.shows("[process]:");
    expect(create.text).toMatch(/2 +docker +Each flow run is a container/);
    create.press(keys);
    expect(await create.exited).toBe(0);
    expect(await typeOf(name)).toBe(type);
  });

  test("is asked again after an answer that is none", async () => {
    const create = sluice("create", "again");
    await create.shows("[process]:");
    create.press("0\r");
    await create.shows("'0' is none of them.");
    create.press("nomad\r");
    await create.shows("'nomad' is none of them.");
    create.press("docker\r");
    expect(await create.exited).toBe(0);
    expect(await typeOf("again")).toBe("docker");
  });

  test("is not created after Ctrl-C", async () => {
    const create = sluice("create", "never");
    await create.shows("[process]:");
    create.press("\u0003");
    expect(await create.exited).toBe(130);
    const { workPools } = await server.client.unary<{ workPools: { name: string }[] }>((...rest) =>
      server.client.workPools.listWorkPools({ pageSize: 0, pageToken: "" }, ...rest),
    );
    expect(workPools.map(({ name }) => name)).not.toContain("never");
  });

  test("is not asked for where the name is taken", async () => {
    await server.client.createWorkPool({ name: "taken", type: "docker" });
    const create = sluice("create", "taken");
    expect(await create.exited).toBe(1);
    expect(create.text).not.toContain("[process]:");
    expect(create.text).toContain("--overwrite");
  });
});

test("the template of a type that was asked for is all that goes to standard output", async () => {
  const file = `${folder.path}/template.json`;
  const child = sluice("get-default-base-job-template", "--file", file);
  await child.shows("[process]:");
  child.press("docker\r");
  expect(await child.exited).toBe(0);
  const written: unknown = await Bun.file(file).json();
  expect(written).toHaveProperty("job_configuration.image", "{{ image }}");
});

test("slots show a bar, and every line fits", async () => {
  await server.client.createWorkPool({ name: "bar", type: "process", concurrencyLimit: 5 });
  const slots = sluice("slots", "bar");
  expect(await slots.exited).toBe(0);
  expect(slots.text).toContain(`${"░".repeat(20)} 0 / 5`);
  for (const line of slots.text.split("\r\n"))
    expect(Bun.stringWidth(line)).toBeLessThanOrEqual(80);
});
