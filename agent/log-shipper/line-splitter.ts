/** One line of output, or a piece of a very long one. */
export interface OutputLine {
  /** Where it begins in the output. */
  readonly offset: number;
  /** Its text without the line end. Invalid UTF-8 and NUL are replaced by U+FFFD. */
  readonly text: string;
}

/** Lines that follow each other. */
export interface OutputChunk {
  readonly startOffset: number;
  /** Behind the end of the last line, line end included. */
  readonly endOffset: number;
  readonly lines: readonly OutputLine[];
}

/** A longer line is sent in pieces of at most so many bytes. */
export const MAX_LINE_BYTES = 64 * 1024;
/** Enough to tell a line of the greatest length from a longer one. */
export const READ_BYTES = MAX_LINE_BYTES + 1;
const MAX_CHUNK_LINES = 256;
const MAX_CHUNK_BYTES = 48 * 1024;

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * The lines at the start of `bytes`, which begin at `startOffset`: as many as one message takes.
 * `final` says that no byte will ever follow, so that a last line needs no end. The same output is
 * split in the same way however it is cut into calls, if each begins where the last one ended.
 */
export function splitLines(bytes: Buffer, startOffset: number, final: boolean): OutputChunk {
  const lines: OutputLine[] = [];
  let at = 0;
  while (at < bytes.length && lines.length < MAX_CHUNK_LINES) {
    const piece = nextPiece(bytes, at, final);
    if (piece === undefined) break;
    if (lines.length > 0 && piece.next > MAX_CHUNK_BYTES) break;
    const text = bytes.toString("utf8", at, piece.end).replaceAll("\0", "\uFFFD");
    lines.push({ offset: startOffset + at, text });
    at = piece.next;
  }
  return { startOffset, endOffset: startOffset + at, lines };
}

/** Where the text of the piece at `at` ends and where the next one begins. */
function nextPiece(
  bytes: Buffer,
  at: number,
  final: boolean,
): { readonly end: number; readonly next: number } | undefined {
  const newline = bytes.indexOf(NEWLINE, at);
  const length = (newline === -1 ? bytes.length : newline) - at;
  if (length > MAX_LINE_BYTES) {
    const cut = at + characterBoundary(bytes.subarray(at), MAX_LINE_BYTES);
    return { end: cut, next: cut };
  }
  if (newline === -1) return final ? { end: bytes.length, next: bytes.length } : undefined;
  const end = newline > at && bytes[newline - 1] === CARRIAGE_RETURN ? newline - 1 : newline;
  return { end, next: newline + 1 };
}

/** The last place at or before `limit` that does not cut a UTF-8 character in two. */
function characterBoundary(bytes: Buffer, limit: number): number {
  for (let back = 0; back < 4; back++) {
    const byte = bytes[limit - back];
    if (byte === undefined || (byte & 0xc0) !== 0x80) return limit - back;
  }
  return limit;
}
