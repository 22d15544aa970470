import type { Millis } from "#server/domain/state.ts";
import type { LogLineView } from "#server/store/logs.ts";
import { bytesIn, toPage } from "./page-token.ts";

/** When a state began, and whether it ends the run. */
export interface TimedState {
  readonly at: Millis;
  readonly terminal: boolean;
}

/** Lines without a state between them, and the states in front of them. */
export interface LineRow<State> {
  readonly before: readonly State[];
  readonly lines: readonly LogLineView[];
}

/**
 * Lines in rows between which states stand, all in order; states behind the last line are left out.
 * The times of an attempt's lines are its agent's: it is sure only that its first one was stored
 * after the attempt began. A run's end is behind all lines, whatever their times. `epoch` is that of
 * the line before the first; 0: there was none.
 */
export function interleaved<State extends TimedState>(
  lines: readonly LogLineView[],
  states: readonly State[],
  epoch: number,
): LineRow<State>[] {
  const movable = states.at(-1)?.terminal === true ? states.slice(0, -1) : states;
  const rows: { before: State[]; lines: LogLineView[] }[] = [];
  let placed = 0;
  let lastEpoch = epoch;
  for (const line of lines) {
    const until = line.epoch === lastEpoch ? line.at : Math.max(line.at, line.storedAt);
    lastEpoch = line.epoch;
    const before = movable.slice(placed).filter(({ at }) => at <= until);
    placed += before.length;
    const row = rows.at(-1);
    if (row === undefined || before.length > 0) rows.push({ before, lines: [line] });
    else row.lines.push(line);
  }
  return rows;
}

/** Cuts lines into messages that any client takes. */
export function inMessages(lines: readonly LogLineView[]): (readonly LogLineView[])[] {
  const messages: (readonly LogLineView[])[] = [];
  for (let rest = lines; rest.length > 0;) {
    const { rows } = toPage(
      rest,
      rest.length,
      ({ message }) => bytesIn(message) + 50,
      () => "more",
    );
    messages.push(rows);
    rest = rest.slice(rows.length);
  }
  return messages;
}
