// Writes docs/flow-run-states.md from the rules themselves. With --check it writes nothing and
// exits 1 if the file differs.
import { join } from "node:path";
import { POLICIES } from "#server/domain/policies.ts";
import type { Origin } from "#server/domain/rule.ts";
import { coreAnswers, DRAWN_MOVES, TYPICAL_RUN } from "#server/domain/state-table.ts";
import { isTerminal, STATE_TYPES } from "#shared/states.ts";

const FILE = "docs/flow-run-states.md";
const REPAIR = "bun scripts/draw-states.ts";

const BOOKKEEPING = [
  "Its timestamp is the database's time; if that is not after the current state's, a microsecond after that.",
  "The start time is set by the first RUNNING, or by an end that comes without one; the end time by an end, and cleared when the run goes on.",
  "The total run time grows by the time spent in RUNNING when that is left.",
  "The run count grows by one with each RUNNING, except when a pause is resumed; the mark of resuming is cleared by RUNNING or an end.",
  "The next scheduled start time is the scheduled time while SCHEDULED, else none; the expected start time is set once.",
];

const path = join(import.meta.dir, "..", FILE);
const page = drawPage();
if (process.argv.includes("--check")) {
  const file = Bun.file(path);
  const stored = (await file.exists()) ? await file.text() : null;
  if (stored !== page) {
    console.error(`${FILE} differs from the rules in server/domain. Repair: ${REPAIR}`);
    process.exit(1);
  }
} else {
  await Bun.write(path, page);
  console.log(`wrote ${FILE}`);
}

function drawPage(): string {
  return (
    [
      "# States of a flow run",
      `<!-- Written by \`${REPAIR}\` from server/domain. Do not edit. -->`,
      "Every change of state is a proposal, on which the rules below decide: ACCEPT stores it, REJECT " +
        "stores another state or none, WAIT and ABORT store nothing. The proposer of a WAIT comes " +
        "back after the delay; the proposer of an ABORT stops.",
      "## The usual ways",
      picture(),
      "## What is answered to each proposal",
      `By the core policy, for ${TYPICAL_RUN}. Rows: the state the run is in. Columns: the proposal.`,
      table(
        ["", ...STATE_TYPES],
        coreAnswers().map((row, i) => [`**${STATE_TYPES[i] ?? ""}**`, ...row]),
      ),
      "## Policies",
      policy("core", "All proposals that are not forced."),
      policy("minimal", "Forced proposals, and the first state of a new run."),
      policy("mark-late", "The marking of runs that nobody started in time."),
      "## What every stored state does to its run",
      BOOKKEEPING.map((line) => `- ${line}`).join("\n"),
      "",
    ]
      .join("\n\n")
      .trimEnd() + "\n"
  );
}

function picture(): string {
  const arrows = DRAWN_MOVES.map(({ from, to, when }) => `  ${from ?? "[*]"} --> ${to} : ${when}`);
  const ends = STATE_TYPES.filter(isTerminal).map((type) => `  ${type} --> [*]`);
  return ["```mermaid", "stateDiagram-v2", ...arrows, ...ends, "```"].join("\n");
}

function policy(name: keyof typeof POLICIES, when: string): string {
  const rows = POLICIES[name].map((rule, i) => [
    String(i + 1),
    `\`${rule.name}\``,
    types(rule.from),
    types(rule.to),
    rule.summary,
  ]);
  return `### ${name}\n\n${when} In this order:\n\n${table(["", "rule", "from", "to", "what it does"], rows)}`;
}

/** The shorter of naming them and naming the others. */
function types(some: readonly Origin[]): string {
  const created = some.includes(null) ? ", new" : "";
  const others = STATE_TYPES.filter((type) => !some.includes(type));
  if (others.length === 0) return `any${created}`;
  if (others.length < 3) return `any but ${others.join(", ")}${created}`;
  return some.filter((type) => type !== null).join(", ") + created;
}

/** Columns are padded as the formatter wants them. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, i) =>
    Math.max(3, ...[head, ...rows].map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, i) => (cells[i] ?? "").padEnd(width)).join(" | ")} |`;
  const rule = widths.map((width) => "-".repeat(width));
  return [head, rule, ...rows].map(line).join("\n");
}
