/** A piece of an attempt's output. Offsets are bytes; the piece ends before `endOffset`. */
export interface OutputPiece<Line extends { readonly offset: number }> {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly lines: readonly Line[];
}

/** What of a piece is to be stored, and how far the output is stored then. */
export interface TakenPiece<Line> {
  readonly lines: readonly Line[];
  readonly storedOffset: number;
}

/**
 * What to take of a piece when everything before `storedOffset` is stored: nothing of one that is
 * there or that leaves a gap, the new lines of one that overlaps, all of one that follows. A line
 * outside of its piece, or not behind the line before it, is none.
 */
export function takePiece<Line extends { readonly offset: number }>(
  storedOffset: number,
  piece: OutputPiece<Line>,
): TakenPiece<Line> {
  if (piece.startOffset > storedOffset || piece.endOffset <= storedOffset) {
    return { lines: [], storedOffset };
  }
  let next = storedOffset;
  const lines = piece.lines.filter(({ offset }) => {
    if (!(offset >= next && offset < piece.endOffset)) return false;
    next = offset + 1;
    return true;
  });
  return { lines, storedOffset: piece.endOffset };
}
