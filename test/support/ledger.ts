import { appendFileSync, chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One fact that user code wrote about itself. */
export interface LedgerEntry {
  readonly kind: "start" | "end";
  readonly flowRunId: string;
  readonly epoch: number;
  readonly attempt: number;
  readonly pid: number;
  readonly bootId: string;
  /** Seconds since the machine booted, to a hundredth. */
  readonly uptime: number;
  /** Lines of output written in all; 0 at the start. */
  readonly lines: number;
}

const FLOW = `#!/bin/sh
# Writes down its own start and end, prints numbered lines, and waits where it is told to.
note() {
  read -r boot < /proc/sys/kernel/random/boot_id
  read -r uptime idle < /proc/uptime
  echo "$1 $SLUICE_FLOW_RUN_ID $SLUICE_EPOCH $SLUICE_ATTEMPT $$ $boot $uptime $2" >> "$FLOW_LEDGER"
}
print_to() {
  while [ "$line" -lt "$1" ]; do
    line=$((line + 1))
    echo "line $line"
  done
}
note start 0
line=0
print_to "$((FLOW_LINES / 2))"
if [ -n "\${FLOW_GATE:-}" ]; then
  while [ ! -e "$FLOW_GATE" ] && [ -e "$FLOW_LEDGER" ]; do sleep 0.02; done
fi
if [ "\${FLOW_SECONDS:-0}" != 0 ]; then sleep "$FLOW_SECONDS"; fi
print_to "$FLOW_LINES"
note end "$line"
if [ "$SLUICE_ATTEMPT" -le "\${FLOW_FAILURES:-0}" ]; then exit 3; fi
exit 0
`;

/**
 * What user code itself says about its starts and ends. Each entry is one small append to one
 * file, so the order of the entries is the order in which things happened, over all processes.
 */
export class Ledger {
  /** The file. */
  readonly path: string;
  /** The sample flow, a shell script that writes here if FLOW_LEDGER and FLOW_LINES are set. */
  readonly flowPath: string;

  /** Creates both files in a folder. */
  constructor(directory: string) {
    this.path = join(directory, "ledger");
    this.flowPath = join(directory, "flow.sh");
    appendFileSync(this.path, "");
    writeFileSync(this.flowPath, FLOW);
    chmodSync(this.flowPath, 0o755);
    chmodSync(this.path, 0o666);
  }

  /** All entries, the oldest first. Throws at a line that is not one. */
  entries(): LedgerEntry[] {
    const lines = readFileSync(this.path, "utf8").split("\n");
    return lines.filter((line) => line !== "").map(parseEntry);
  }

  /** The starts of one run. */
  starts(flowRunId: string): LedgerEntry[] {
    return this.entries().filter((e) => e.kind === "start" && e.flowRunId === flowRunId);
  }

  /** The ends of one run. */
  ends(flowRunId: string): LedgerEntry[] {
    return this.entries().filter((e) => e.kind === "end" && e.flowRunId === flowRunId);
  }

  /** The most starts without an end that there ever were at once. */
  mostAtOnce(): number {
    let now = 0;
    let most = 0;
    for (const entry of this.entries()) {
      now += entry.kind === "start" ? 1 : -1;
      most = Math.max(most, now);
    }
    return most;
  }
}

function parseEntry(line: string): LedgerEntry {
  const [kind, flowRunId, epoch, attempt, pid, bootId, uptime, lines] = line.split(" ");
  if ((kind !== "start" && kind !== "end") || flowRunId === undefined || bootId === undefined) {
    throw new Error(`not a ledger entry: '${line}'`);
  }
  const numbers = { epoch, attempt, pid, uptime, lines };
  for (const [name, value] of Object.entries(numbers)) {
    if (value === undefined || !Number.isFinite(Number(value))) {
      throw new Error(`${name} is missing in the ledger entry '${line}'`);
    }
  }
  return {
    kind,
    flowRunId,
    bootId,
    epoch: Number(epoch),
    attempt: Number(attempt),
    pid: Number(pid),
    uptime: Number(uptime),
    lines: Number(lines),
  };
}
