import { closeSync, type FSWatcher, fstatSync, openSync, readSync, watch } from "node:fs";
import type { LeaseRef } from "#proto/sluice/v1/lease.ts";
import { type OutputChunk, READ_BYTES, splitLines } from "./line-splitter.ts";

/** What a tail is given. */
export interface TailOptions {
  readonly ref: LeaseRef;
  readonly path: string;
  /** Milliseconds that never jump. */
  readonly monotonic: () => number;
  /** Told when there may be something to send. */
  readonly onGrown: () => void;
}

// Calls read and split at once, so one buffer serves all tails.
const buffer = Buffer.allocUnsafe(READ_BYTES);

/**
 * The output file of one attempt, and how much of it is stored. Nothing is kept in memory: what is
 * to be sent is read from the file, from the offset up to which the control plane has it.
 */
export class OutputTail {
  readonly ref: LeaseRef;
  readonly #options: TailOptions;
  readonly #drained = Promise.withResolvers<void>();
  #fd: number | undefined;
  #watcher: FSWatcher | undefined;
  #offset = 0;
  #size = 0;
  #final = false;
  #done = false;
  #firstByteAt: number | undefined;

  constructor(options: TailOptions) {
    this.#options = options;
    this.ref = options.ref;
    try {
      this.#fd = openSync(options.path, "r");
    } catch {
      // Without a file there is nothing to send; finish() says so.
      return;
    }
    try {
      this.#watcher = watch(options.path, () => this.look());
      this.#watcher.on("error", () => this.#closeWatcher());
    } catch {
      // No watches are left on this host; the poll finds what is new.
    }
    this.look();
  }

  /** Resolves when nothing more is to be sent. */
  get drained(): Promise<void> {
    return this.#drained.promise;
  }

  /** Bytes of output, as far as it was looked at. */
  get size(): number {
    return this.#size;
  }

  /** When the first byte was seen, on the monotonic clock; undefined if there was none. */
  get firstByteAt(): number | undefined {
    return this.#firstByteAt;
  }

  /** Looks how long the file is. */
  look(): void {
    if (this.#fd === undefined) return;
    const { size } = fstatSync(this.#fd);
    if (size <= this.#size) return;
    this.#size = size;
    this.#firstByteAt ??= this.#options.monotonic();
    this.#options.onGrown();
  }

  /** Nobody writes any more: what is there now is all, and a last line may lack its end. */
  finish(): void {
    this.look();
    this.#closeWatcher();
    this.#final = true;
    this.#settle();
    this.#options.onGrown();
  }

  /** What to send next; undefined if there is nothing now. */
  nextChunk(): OutputChunk | undefined {
    if (this.#fd === undefined || this.#offset >= this.#size) return undefined;
    const length = readSync(this.#fd, buffer, 0, READ_BYTES, this.#offset);
    const final = this.#final && this.#offset + length >= this.#size;
    const chunk = splitLines(buffer.subarray(0, length), this.#offset, final);
    return chunk.lines.length === 0 ? undefined : chunk;
  }

  /** Everything before the offset is stored: sending goes on from exactly there. */
  storedTo(offset: number): void {
    this.#offset = offset;
    this.#settle();
  }

  /** Nothing more of it is wanted. */
  discard(): void {
    this.#offset = Infinity;
    this.#closeWatcher();
    this.#settle();
  }

  /** Lets go of the file. */
  close(): void {
    this.#closeWatcher();
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #settle(): void {
    if (this.#done || !this.#final) return;
    if (this.#fd !== undefined && this.#offset < this.#size) return;
    this.#done = true;
    this.#drained.resolve();
  }

  #closeWatcher(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
