import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AppError, messageOf } from "#shared/errors.ts";
import { silentLogger } from "#shared/logger.ts";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";
import { Journal, JournalLocked } from "./journal.ts";
import { folderName, openStateDirectory, type StateDirectoryOptions } from "./state-directory.ts";

const homes: TemporaryDirectory[] = [];

afterEach(() => {
  for (const home of homes.splice(0)) home[Symbol.dispose]();
});

function newHome(): string {
  const home = new TemporaryDirectory("journal test");
  homes.push(home);
  return home.path;
}

const LEASE = new Uint8Array([1, 2, 3]);

function open(directory: string): Journal {
  return Journal.open(directory, crypto.randomUUID(), silentLogger);
}

describe("what the journal keeps", () => {
  test("an attempt is found again with its phase, its boot and its process", async () => {
    const home = newHome();
    const journal = open(home);
    await journal.write((rows) => rows.addAccepted("run:1", LEASE));
    await journal.write((rows) => rows.markStarting("run:1", "boot"));
    await journal.write((rows) => rows.markRunning("run:1", "77 99"));
    journal.close();
    const again = open(home);
    expect(again.attempts()).toEqual([
      { key: "run:1", phase: "running", lease: LEASE, bootId: "boot", infrastructure: "77 99" },
    ]);
    again.close();
  });

  test("a phase is never gone back to", async () => {
    const journal = open(newHome());
    await journal.write((rows) => rows.addAccepted("run:1", LEASE));
    await journal.write((rows) => rows.markRunning("run:1", "77 99"));
    expect(journal.attempts()[0]?.phase).toBe("accepted");
    await journal.write((rows) => rows.markEnded("run:1"));
    await journal.write((rows) => rows.markStarting("run:1", "boot"));
    await journal.write((rows) => rows.addAccepted("run:1", LEASE));
    expect(journal.attempts()[0]?.phase).toBe("ended");
    journal.close();
  });

  test("what must outlive the agent alone is there after its process was killed", async () => {
    const home = newHome();
    const script = `
      const { Journal } = await import(${JSON.stringify(join(import.meta.dir, "journal.ts"))});
      const logger = { error() {} };
      const journal = Journal.open(${JSON.stringify(home)}, crypto.randomUUID(), logger);
      await journal.write((rows) => rows.addAccepted("run:1", new Uint8Array([1, 2, 3])), "agent");
      console.log("written");
      setInterval(() => {}, 1000);`;
    const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
    await child.stdout.getReader().read();
    child.kill("SIGKILL");
    await child.exited;
    const journal = open(home);
    expect(journal.attempts()).toMatchObject([{ key: "run:1", phase: "accepted", lease: LEASE }]);
    journal.close();
  });

  test("the agent's id and the number of its last report outlive it", async () => {
    const home = newHome();
    const journal = open(home);
    const { agentId } = journal.identity();
    await journal.write((rows) => {
      rows.addReport({ sequence: 8, key: "run:1", report: LEASE });
      rows.setSession(4);
    });
    await journal.write((rows) => rows.deleteReport(8));
    journal.close();
    const again = open(home);
    expect(again.identity()).toEqual({ agentId, session: 4, lastSequence: 8 });
    expect(again.reports()).toEqual([]);
    again.close();
  });

  test("of a change that fails in the middle nothing is kept, and it is said", async () => {
    const journal = open(newHome());
    const failing = journal.write((rows) => {
      rows.addAccepted("run:1", LEASE);
      rows.addReport({ sequence: 1, key: "run:1", report: LEASE });
      throw new Error("no space");
    });
    expect(await failing.catch(messageOf)).toBe("no space");
    expect(journal.attempts()).toEqual([]);
    expect(journal.reports()).toEqual([]);
    journal.close();
  });

  test("a process that is killed in the middle of its writes loses none that it was told of", async () => {
    const home = newHome();
    const script = join(home, "writer.ts");
    writeFileSync(
      script,
      `import { Journal } from ${JSON.stringify(join(import.meta.dir, "journal.ts"))};
       import { silentLogger } from ${JSON.stringify(join(import.meta.dir, "../shared/logger.ts"))};
       const journal = Journal.open(${JSON.stringify(home)}, "id", silentLogger);
       for (let i = 0; ; i++) {
         await journal.write((rows) => rows.addAccepted("run:" + String(i).padStart(9, "0"), new Uint8Array(2000)));
         console.log(i);
       }`,
    );
    const writer = Bun.spawn([process.execPath, script], {
      cwd: join(import.meta.dir, ".."),
      stdout: "pipe",
      stderr: "inherit",
    });
    let told = "";
    for await (const bytes of writer.stdout) {
      told += Buffer.from(bytes).toString();
      if (told.length > 1000) writer.kill("SIGKILL");
    }
    await writer.exited;
    const last = Number(told.slice(0, told.lastIndexOf("\n")).split("\n").at(-1));
    const journal = open(home);
    expect(journal.attempts().length).toBeGreaterThanOrEqual(last + 1);
    journal.close();
  });
});

describe("the lock", () => {
  test("a journal that another process has open cannot be opened", async () => {
    const home = newHome();
    const holder = Bun.spawn(
      [
        process.execPath,
        "-e",
        `import { Journal } from ${JSON.stringify(join(import.meta.dir, "journal.ts"))};
         import { silentLogger } from ${JSON.stringify(join(import.meta.dir, "../shared/logger.ts"))};
         Journal.open(${JSON.stringify(home)}, "id", silentLogger);
         console.log("open");
         setInterval(() => {}, 1000);`,
      ],
      { cwd: join(import.meta.dir, ".."), stdout: "pipe" },
    );
    for await (const _ of holder.stdout) break;
    expect(() => open(home)).toThrow(JournalLocked);
    holder.kill("SIGKILL");
    await holder.exited;
    open(home).close();
  });
});

describe("the state directory", () => {
  const options = (over: Partial<StateDirectoryOptions>): StateDirectoryOptions => ({
    agentsDirectory: newHome(),
    directory: undefined,
    workPoolName: "etl",
    agentName: undefined,
    hostname: "host",
    logger: silentLogger,
    ...over,
  });

  test("an agent without a name takes the host name, and the next one host-2", () => {
    const shared = options({});
    const first = openStateDirectory(shared);
    const second = openStateDirectory(shared);
    expect([first.agentName, second.agentName]).toEqual(["host", "host-2"]);
    first.journal.close();
    expect(statSync(first.directory).mode & 0o777).toBe(0o700);
    const third = openStateDirectory(shared);
    expect(third.agentName).toBe("host");
    third.journal.close();
    second.journal.close();
  });

  test("a name that is taken is refused with the pid of who has it", () => {
    const named = options({ agentName: "a1" });
    const first = openStateDirectory(named);
    expect(() => openStateDirectory(named)).toThrow(`agent a1 already runs (pid ${process.pid})`);
    first.journal.close();
  });

  test("a directory that cannot be made is an error that names it", () => {
    const home = newHome();
    writeFileSync(join(home, "file"), "");
    const open = () =>
      openStateDirectory(options({ agentsDirectory: join(home, "file", "agents") }));
    expect(open).toThrow(AppError);
    expect(open).toThrow(join(home, "file", "agents"));
  });

  test("a journal that is no database is an error, and is left as it is", () => {
    const home = newHome();
    mkdirSync(join(home, "runs"));
    writeFileSync(
      join(home, "journal.db"),
      "not a database, but a text that is long enough ".repeat(50),
    );
    expect(() => openStateDirectory(options({ directory: home }))).toThrow("cannot be used");
    expect(existsSync(join(home, "journal.db"))).toBe(true);
    expect(readdirSync(home)).toContain("runs");
  });

  test("each pair of pool and agent has a folder of its own", () => {
    const pairs = [
      ["a", "b"],
      ["a-", "b"],
      ["a", "-b"],
      ["a--b", "c"],
      ["a", "b--c"],
      ["..", "x"],
      ["ä ö", "x"],
      ["a".repeat(255), "b"],
      ["a".repeat(255), "c"],
    ];
    const folders = pairs.map(([pool = "", agent = ""]) => folderName(pool, agent));
    expect(new Set(folders).size).toBe(pairs.length);
    for (const folder of folders) {
      expect(folder).not.toContain("/");
      expect(folder.startsWith(".")).toBe(false);
      expect(Buffer.byteLength(folder)).toBeLessThanOrEqual(255);
    }
  });
});
