const SHORTEST_PART = 4;

/**
 * The word of a list that somebody probably meant: at most a third of the letters differ, or it is
 * the only one that contains what was written.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  return mistyped(word, known) ?? partlyWritten(word, known);
}

function partlyWritten(word: string, known: readonly string[]): string | undefined {
  if (word.length < SHORTEST_PART) return undefined;
  const [only, ...others] = known.filter((candidate) => candidate.includes(word));
  return others.length === 0 ? only : undefined;
}

function mistyped(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let distance = Infinity;
  for (const candidate of known) {
    const edits = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < distance) [best, distance] = [candidate, edits];
  }
  const allowed = Math.max(1, Math.floor(Math.max(word.length, best?.length ?? 0) / 3));
  return distance <= allowed ? best : undefined;
}

function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const line = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let edits = Math.min(
        (last[column] ?? 0) + 1,
        (line[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && swapped)
        edits = Math.min(edits, (beforeLast[column - 2] ?? 0) + 1);
      line.push(edits);
    }
    [beforeLast, last] = [last, line];
  }
  return last[right.length] ?? 0;
}
