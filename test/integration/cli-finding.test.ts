import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { newId } from "#shared/ids.ts";
import { CliOnServer, type CliResult } from "#test/support/cli-on-server.ts";
import { at, listIn } from "#test/support/json-value.ts";
import { rejection } from "#test/support/rejection.ts";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
let folder: TemporaryDirectory;
let cli: CliOnServer;

const sluice = (...words: string[]): Promise<CliResult> => cli.run(words);

beforeAll(async () => {
  server = await TestServer.start();
  folder = new TemporaryDirectory("cli finding");
  cli = new CliOnServer(server, folder.path);
  for (const pool of ["idle", "other"]) await sluice("work-pool", "create", pool, "-t", "process");
  await cli.deploy("idle", "found/one", "true");
}, 30_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function createRun(name: string, ...flags: string[]): Promise<string> {
  const words = ["deployment", "run", "found/one", "--name", name, ...flags];
  return String(at(await cli.json(...words), "id"));
}

describe("a list that is to keep to something", () => {
  test.each([
    ["flow-run", "--pool", "There is no work pool 'nowhere'; 'sluice work-pool ls'"],
    ["deployment", "--pool", "There is no work pool 'nowhere'; 'sluice work-pool ls'"],
    ["agent", "--pool", "There is no work pool 'nowhere'; 'sluice work-pool ls'"],
    ["flow-run", "--deployment", "deployment: 'nowhere' is neither an id nor"],
  ])("which does not exist is an error that names it: %s ls %s", async (group, flag, expected) => {
    for (const format of [[], ["-o", "json"]]) {
      const result = await sluice(group, "ls", flag, "nowhere", ...format);
      expect(result).toMatchObject({ code: 1, out: "" });
      expect(result.err).toStartWith(`Error: ${expected}`);
    }
  });

  test("also if it is a deployment of that name or id", async () => {
    for (const deployment of ["found/none", newId()]) {
      const result = await sluice("flow-run", "ls", "--deployment", deployment);
      expect(result.code).toBe(1);
      expect(result.err).toBe(
        `Error: There is no deployment '${deployment}'; 'sluice deployment ls' lists them.\n`,
      );
    }
  });

  test("which exists and has nothing is empty", async () => {
    const empty = { code: 0, out: "No flow runs found.\n", err: "" };
    expect(await sluice("flow-run", "ls", "--pool", "other")).toEqual(empty);
    expect((await sluice("deployment", "ls", "--pool", "other")).code).toBe(0);
  });

  test("which is a flow that nobody knows is empty, with a warning", async () => {
    const result = await sluice("flow-run", "ls", "--flow-name", "fuond", "-o", "json");
    expect(result).toMatchObject({ code: 0, out: "[]\n" });
    expect(result.err).toStartWith("Warning: no deployment is of a flow 'fuond'");
  });
});

describe("a run", () => {
  test("is named by its id, by its name, or by the start of its id", async () => {
    const id = await createRun("brisk-otter");
    for (const name of [id, id.toUpperCase(), "brisk-otter", id.slice(0, 35)]) {
      expect(await cli.json("flow-run", "inspect", name)).toMatchObject({ flow_run: { id } });
      expect(await sluice("flow-run", "logs", name)).toEqual({ code: 0, out: "", err: "" });
    }
    expect(await cli.json("flow-run", "cancel", "brisk-otter")).toMatchObject({ id });
    const watched = await sluice("flow-run", "watch", "brisk-otter");
    expect(watched.err).toStartWith("Error: flow run 'brisk-otter' is CANCELLED");
  });

  test("is not guessed where several have the name: the newest five are listed", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 6; i++) ids.unshift(await createRun("twin"));
    const result = await sluice("flow-run", "cancel", "twin");
    expect(result).toMatchObject({ code: 1, out: "" });
    expect(result.err).toStartWith("Error: several flow runs are meant by 'twin'; give the id");
    expect([...result.err.matchAll(/[0-9a-f-]{36}/g)].map(([id]) => id)).toEqual(ids.slice(0, 5));
    expect(result.err).toContain("… and older ones");
    for (const id of ids) {
      expect(await cli.json("flow-run", "inspect", id)).toMatchObject({
        flow_run: { state: { type: "SCHEDULED" } },
      });
    }
  });

  test("that does not exist is an error with a way out", async () => {
    for (const name of ["nobody", "ffffffff", "ffffffff-ffff-7"]) {
      const result = await sluice("flow-run", "inspect", name);
      expect(result).toMatchObject({ code: 1, out: "" });
      expect(result.err).toStartWith(`Error: there is no flow run '${name}'\n  Give its id, `);
    }
  });

  test("is found by its id only if enough of that is given", async () => {
    const refused = await rejection(server.client.listFlowRuns({ idPrefix: "ffffff" }));
    expect(refused).toContain("id_prefix: 'ffffff' is not the beginning of an id");
  });
});

describe("the table of runs", () => {
  test("has the newest first, by the time it shows", async () => {
    const later = await createRun("later", "--start-in", "2h");
    const soon = await createRun("soon", "--start-in", "1h");
    const { out } = await sluice("flow-run", "ls", "--limit", "2");
    expect(out).toMatch(/^ID +FLOW +NAME +STATE +CREATED$/m);
    expect([...out.matchAll(/[0-9a-f-]{36}/g)].map(([id]) => id)).toEqual([soon, later]);
    expect(out).toMatch(/Scheduled in 59 minutes +(now|\d+ seconds? ago)$/m);
    const created = listIn((await sluice("flow-run", "ls", "-o", "json")).out).map((run) =>
      String(at(run, "created_at")),
    );
    expect(created).toEqual(created.toSorted().toReversed());
  });

  test("takes states by their names however they are written", async () => {
    await createRun("waiting");
    const { out } = await sluice("flow-run", "ls", "--state", "sCHEDULED", "--state", "late");
    expect(out).toContain("waiting");
  });
});
