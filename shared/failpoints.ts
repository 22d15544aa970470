import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Replaced by `true` when a release is built, which removes every failpoint from it. */
declare const SLUICE_RELEASE: boolean | undefined;
const RELEASE = typeof SLUICE_RELEASE !== "undefined" && SLUICE_RELEASE;

/** Places where a test may make a program die (`kill`) or freeze (`stop`), once. */
export type Failpoint =
  | "agent.lease-received"
  | "agent.accepted"
  | "agent.start-granted"
  | "agent.starting-journalled"
  | "agent.process-started"
  | "agent.exit-journalled"
  | "server.claim-committed"
  | "server.accept-committed"
  | "server.start-committed"
  | "server.start-sent"
  | "server.report-received"
  | "server.report-committed";

/** Behaviour that a test may switch on: a fault, or the absence of a safety device. */
export type TestSwitch =
  | "duplicate-messages"
  | "no-notify"
  | "no-fence"
  | "no-journal"
  | "no-reaper";

const actions = new Map<string, string>();
let markerDirectory: string | undefined;

/**
 * Arms failpoints from a list such as `agent.accepted=kill,no-fence`. A failpoint acts once for all
 * programs that share `directory`: it leaves a file there before it acts. Does nothing in a release.
 */
export function armFailpoints(spec: string | undefined, directory: string | undefined): void {
  if (RELEASE || spec === undefined) return;
  markerDirectory = directory;
  for (const entry of spec.split(",")) {
    const [name = "", action = "on"] = entry.trim().split("=");
    actions.set(name, action);
  }
}

/** Dies or freezes here if a test asked for it. */
export function failpoint(name: Failpoint): void {
  if (RELEASE) return;
  const action = actions.get(name);
  if (action === undefined) return;
  if (markerDirectory !== undefined) {
    const marker = join(markerDirectory, name);
    if (existsSync(marker)) return;
    writeFileSync(marker, String(process.pid));
  }
  actions.delete(name);
  process.kill(process.pid, action === "stop" ? "SIGSTOP" : "SIGKILL");
}

/** Whether a test switched this on. Always false in a release. */
export function switchedOn(name: TestSwitch): boolean {
  return !RELEASE && actions.has(name);
}
