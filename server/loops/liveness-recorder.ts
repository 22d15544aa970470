import type { TransitionContext } from "#server/transitions/context.ts";
import type { AgentKey } from "#server/transitions/held-attempts.ts";
import { recordPoll } from "#server/transitions/record-poll.ts";
import { recordLiveness } from "#server/transitions/record-liveness.ts";
import { messageOf } from "#shared/errors.ts";

/** An agent that was heard of, and the number of its last heartbeat on its stream. */
export interface Beat extends AgentKey {
  readonly sequence: number;
}

/** Who was heard of. */
export interface BeatSource {
  /** The agents heard of since the last call. */
  takeBeats(): Beat[];
  /** These heartbeats are committed: every replica counts silence from them or from later. */
  beatsStored(beats: readonly Beat[]): void;
  /** These sessions count no more: their pool is gone, or a newer one is open. */
  beatsRefused(beats: readonly Beat[]): void;
}

/**
 * Stores which agents are alive, and that their queues are served: one statement each for all of this
 * replica, so that its cost hardly grows with them. What could not be stored is stored with the next.
 */
export class LivenessRecorder {
  readonly #ctx: TransitionContext;
  readonly #source: BeatSource;
  readonly #timer: ReturnType<typeof setInterval>;
  #unstored: Beat[] = [];
  #recording: Promise<void> | undefined;

  constructor(ctx: TransitionContext, source: BeatSource, everyMs: number) {
    this.#ctx = ctx;
    this.#source = source;
    this.#timer = setInterval(() => {
      this.#recording ??= this.#record();
    }, everyMs);
  }

  /** Stores nothing more; resolves when the statement under way is over. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#recording;
  }

  async #record(): Promise<void> {
    const beats = new Map(
      [...this.#unstored, ...this.#source.takeBeats()].map((agent) => [agent.agentId, agent]),
    );
    this.#unstored = [...beats.values()];
    try {
      const stored = await recordLiveness(this.#ctx, this.#unstored);
      this.#unstored = [];
      const [counted, refused] = [true, false].map((does) =>
        [...beats.values()].filter(({ agentId }) => stored.has(agentId) === does),
      );
      this.#source.beatsStored(counted ?? []);
      this.#source.beatsRefused(refused ?? []);
      recordPoll(this.#ctx, [], stored);
    } catch (error) {
      this.#ctx.logger.warning("could not store which agents are alive", {
        error: messageOf(error),
      });
    } finally {
      this.#recording = undefined;
    }
  }
}
