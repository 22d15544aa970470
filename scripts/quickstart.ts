// Starts a control plane and an agent, deploys the sample flows, runs each, and stays until Ctrl-C.
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import pc from "picocolors";
import { messageOf } from "#shared/errors.ts";
import { BackgroundProgram } from "./background-program.ts";
import { type Addresses, ask, clientEnvironment, show, SLUICE } from "./sluice-command.ts";
import { say, shortPath, shown, step, textOf } from "./speak.ts";

const ROOT = join(import.meta.dir, "..");
const AGENT = join(ROOT, "dist/agent");
const FLOWS = join(ROOT, "examples/flows/sluice.yaml");
const POOL = "local";
/** The sample flows and the program that each needs on this machine. */
const RUNS = [
  { deployment: "access-report/local", needs: undefined },
  { deployment: "latencies/local", needs: undefined },
  { deployment: "visits/local", needs: "python3" },
] as const;
/** Time for a running flow run to end by itself, then for one that was stopped: more than its grace. */
const FINISH_MS = 1_000;
const STOP_MS = 40_000;
const SERVER_STOP_MS = 20_000;

const HELP = `Builds Sluice, starts a control plane and an agent, deploys three sample flows and runs them.

Usage: scripts/quickstart [--exit]

  --exit  end when the runs have ended, with exit code 0 if all are COMPLETED and 1 if not;
          without it everything stays up until Ctrl-C

Environment:
  SLUICE_HOME              folder of everything that is written (~/.sluice)
  SLUICE_SERVER_PORT       port of HTTP (4200; 0: any free one)
  SLUICE_SERVER_GRPC_PORT  port of gRPC (4201; 0: any free one)
`;

const environment = process.env;
const home = environment["SLUICE_HOME"] || join(homedir(), ".sluice");
const logs = join(home, "logs");

/** A reason to end that is told to the user as it stands. */
class QuickstartError extends Error {}

/** Whether a control plane of Sluice answers there. */
async function answers(addresses: Addresses): Promise<boolean> {
  try {
    const alive = await fetch(`${addresses.http}/livez`, { signal: AbortSignal.timeout(2_000) });
    return alive.ok && (await ask(addresses, "server", "info", "-o", "json")).exitCode === 0;
  } catch {
    return false;
  }
}

/** Uses the control plane that runs on the ports, or starts one. */
async function startServer(): Promise<{ addresses: Addresses; server?: BackgroundProgram }> {
  const port = environment["SLUICE_SERVER_PORT"] || "4200";
  const grpcPort = environment["SLUICE_SERVER_GRPC_PORT"] || "4201";
  const addresses = { http: `http://127.0.0.1:${port}`, grpc: `http://127.0.0.1:${grpcPort}` };
  if (port !== "0" && grpcPort !== "0" && (await answers(addresses))) {
    step(
      `a control plane already runs at ${addresses.http} and is used; it is not stopped at the end`,
    );
    return { addresses };
  }
  const logFile = join(logs, "control-plane.log");
  try {
    const server = await BackgroundProgram.start({
      command: [SLUICE, "server", "start", "--port", port, "--grpc-port", grpcPort],
      env: { ...environment, SLUICE_HOME: home },
      logFile,
      ready: /^sluice \S+ ready: /,
      readyWithinMs: 120_000,
    });
    const [, http = "", grpc = ""] = /ready: (\S+) · grpc (\S+)/.exec(server.readyLine) ?? [];
    step(`control plane ${pc.dim(`${http} · gRPC ${grpc} · its log: ${shown(logFile)}`)}`);
    return { addresses: { http, grpc: `${http.split("://")[0] ?? "http"}://${grpc}` }, server };
  } catch (error) {
    throw new QuickstartError(
      `The control plane did not start: ${textOf(error)}\n` +
        "If a port is taken, free it or choose others: " +
        "SLUICE_SERVER_PORT=5200 SLUICE_SERVER_GRPC_PORT=5201 scripts/quickstart",
    );
  }
}

interface PoolFacts {
  readonly type: string;
  readonly agentsOnline: number;
}

/** Reads the pool, and creates it if it is absent. */
async function preparePool(addresses: Addresses): Promise<PoolFacts> {
  const found = await readPool(addresses);
  if (found === undefined) {
    const { exitCode, err } = await ask(
      addresses,
      "work-pool",
      "create",
      POOL,
      "--type",
      "process",
    );
    if (exitCode !== 0) throw new QuickstartError(`The work pool was not created: ${err.trim()}`);
    step(`work pool '${POOL}' ${pc.dim("created")}`);
    return { type: "process", agentsOnline: 0 };
  }
  if (found.type !== "process") {
    throw new QuickstartError(
      `The work pool '${POOL}' is of type '${found.type}', and the sample flows need one of type 'process'.\n` +
        "Set SLUICE_HOME to an empty folder, or delete the pool, and start again.",
    );
  }
  step(`work pool '${POOL}' ${pc.dim("was there")}`);
  return found;
}

async function readPool(addresses: Addresses): Promise<PoolFacts | undefined> {
  const { exitCode, out } = await ask(addresses, "work-pool", "inspect", POOL, "-o", "json");
  if (exitCode !== 0) return undefined;
  const pool: unknown = JSON.parse(out);
  if (typeof pool !== "object" || pool === null) return undefined;
  const facts = new Map(Object.entries(pool));
  return { type: String(facts.get("type")), agentsOnline: Number(facts.get("agents_online")) };
}

/** Starts an agent, unless the control plane is another's and its pool has one. */
async function startAgent(
  addresses: Addresses,
  pool: PoolFacts,
  ownServer: boolean,
): Promise<BackgroundProgram | undefined> {
  if (!ownServer && pool.agentsOnline > 0) {
    step(`an agent already serves '${POOL}' and is used`);
    return undefined;
  }
  const logFile = join(logs, "agent.log");
  try {
    const agent = await BackgroundProgram.start({
      command: [AGENT, "--pool", POOL],
      env: { ...clientEnvironment(addresses), SLUICE_HOME: home },
      logFile,
      ready: /^agent .+ ready: /,
      readyWithinMs: 30_000,
    });
    step(`agent ${pc.dim(`in '${POOL}' · its log: ${shown(logFile)}`)}`);
    return agent;
  } catch (error) {
    throw new QuickstartError(`The agent did not start: ${textOf(error)}`);
  }
}

/** Runs every sample flow in view of the user; true if all that ran are COMPLETED. */
async function runFlows(addresses: Addresses, interrupted: AbortSignal): Promise<boolean> {
  if (!(await show(addresses, "deploy", shortPath(FLOWS)))) return false;
  let good = true;
  for (const { deployment, needs } of RUNS) {
    if (interrupted.aborted) return false;
    if (needs !== undefined && Bun.which(needs) === null) {
      say(`\n${pc.yellow("skipped")} ${deployment}: there is no ${needs} on this machine`);
      continue;
    }
    good = (await show(addresses, "deployment", "run", deployment, "--watch")) && good;
  }
  return good && !interrupted.aborted;
}

function printNext(addresses: Addresses, own: boolean): void {
  const elsewhere = addresses.grpc !== "http://127.0.0.1:4201";
  const prefix = `${elsewhere ? `SLUICE_GRPC_URL=${addresses.grpc} ` : ""}${shown(SLUICE)}`;
  say(`
${pc.bold("Everything runs.")} Try in another terminal:

  ${prefix} flow-run ls
  ${prefix} deployment run visits/local --param gap_minutes=5 --param top=3 --watch
  ${prefix} deploy --name hello/local --pool ${POOL} --command 'echo "hello from $(hostname)"'

${own ? "Ctrl-C stops control plane and agent." : "Ctrl-C ends this; the control plane goes on."}`);
}

/** Ends the agent with what it runs, then the control plane. A second Ctrl-C hurries it. */
async function stopAll(
  agent: BackgroundProgram | undefined,
  server: BackgroundProgram | undefined,
  hurry: AbortSignal,
): Promise<void> {
  if (agent !== undefined) {
    // The first signal lets runs finish, the second stops them, the third kills them.
    agent.signal("SIGTERM");
    if (!(await agent.endsWithin(FINISH_MS))) {
      say("Stopping what runs; Ctrl-C once more kills it.");
      agent.signal("SIGTERM");
      const kill = (): void => agent.signal("SIGTERM");
      hurry.addEventListener("abort", kill, { once: true });
      if (!(await agent.endsWithin(STOP_MS))) await agent.kill();
    }
  }
  if (server !== undefined) {
    server.signal("SIGTERM");
    if (!(await server.endsWithin(SERVER_STOP_MS))) await server.kill();
  }
}

async function main(exitAfterRuns: boolean): Promise<number> {
  const interrupt = new AbortController();
  const hurry = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => (interrupt.signal.aborted ? hurry : interrupt).abort());
  }
  let server: BackgroundProgram | undefined;
  let agent: BackgroundProgram | undefined;
  let exitCode = 1;
  try {
    const started = await startServer();
    server = started.server;
    const { addresses } = started;
    const pool = await preparePool(addresses);
    agent = await startAgent(addresses, pool, server !== undefined);
    const completed = await runFlows(addresses, interrupt.signal);
    exitCode = completed ? 0 : 1;
    if (!interrupt.signal.aborted && !completed) say(pc.red("\nNot every flow run is COMPLETED."));
    if (!exitAfterRuns && !interrupt.signal.aborted) {
      printNext(addresses, server !== undefined);
      exitCode = await stay([server, agent], interrupt.signal);
    }
  } catch (error) {
    // Ctrl-C also ends what was being asked just then; that is no failure to tell.
    if (!interrupt.signal.aborted) console.error(`\n${pc.red("Error:")} ${textOf(error)}`);
  }
  if (server !== undefined || agent !== undefined) say("\nStopping …");
  await stopAll(agent, server, hurry.signal);
  if (server !== undefined || agent !== undefined) step("stopped; nothing is left running");
  return exitCode;
}

/** Waits for Ctrl-C, or for a program that should not have ended; gives the exit code. */
async function stay(
  programs: readonly (BackgroundProgram | undefined)[],
  interrupted: AbortSignal,
): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  // Where both programs are another's, only the timer keeps this process alive.
  const timer = setInterval(() => {}, 60_000);
  interrupted.addEventListener("abort", () => resolve(0), { once: true });
  if (interrupted.aborted) resolve(0);
  for (const program of programs) {
    void program?.ended.then(() => {
      if (interrupted.aborted) return;
      console.error(
        `\n${pc.red("Error:")} a program ended by itself; the logs are in ${shown(logs)}`,
      );
      resolve(1);
    });
  }
  const exitCode = await promise;
  clearInterval(timer);
  return exitCode;
}

/** The flags; an unknown one ends the program with what there is. */
function readFlags(): { readonly exit: boolean; readonly help: boolean } {
  try {
    return parseArgs({
      options: {
        exit: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    console.error(`${pc.red("Error:")} ${messageOf(error)}\n\n${HELP}`);
    process.exit(2);
  }
}

const flags = readFlags();
if (flags.help) say(HELP);
else process.exit(await main(flags.exit));
