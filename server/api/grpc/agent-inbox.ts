import type { Report, StartReply } from "#proto/sluice/v1/agent_service.ts";
import type { LeaseRef } from "#proto/sluice/v1/lease.ts";
import { describeFailure } from "#server/api/failure.ts";
import { leaseKeyText, type LeaseKey } from "#server/store/leases.ts";
import type { StartAnswer } from "#server/transitions/grant-starts.ts";
import type { AgentKey, Sent } from "#server/transitions/held-attempts.ts";
import type { Logger } from "#shared/logger.ts";
import { CommitLane } from "./commit-lane.ts";
import type { AttemptOf, ReportOf, SessionCommits } from "./session-commits.ts";
import { readRef, readReport, writeStartReply } from "./session-messages.ts";

/** How long a start request waits while the database is away, before jitter of a half. */
const START_RETRY_MS = 1_000;

/** Where an inbox gets its work done, and who hears of it. */
export interface AgentInboxOptions {
  readonly agent: AgentKey;
  readonly commits: SessionCommits;
  readonly logger: Logger;
  /** Told of reports that are committed. */
  readonly onReported: (sequences: number[]) => void;
  /** How long after its grant a lease was sent; null if this stream did not. */
  readonly sentAfterUs: (leaseKey: string) => number | null;
  readonly onStartAnswers: (replies: StartReply[]) => void;
  /** Told of what repeating does not cure. */
  readonly onFailure: (error: unknown) => void;
}

/** What one agent says about its attempts, carried out in order and without making it wait. */
export class AgentInbox {
  readonly #options: AgentInboxOptions;
  readonly #accepts: CommitLane<AttemptOf & Sent>;
  readonly #returns: CommitLane<AttemptOf & { readonly reason: string }>;
  readonly #dropped: CommitLane<AttemptOf>;
  readonly #reports: CommitLane<ReportOf>;

  constructor(options: AgentInboxOptions) {
    this.#options = options;
    const { commits, onFailure, onReported } = options;
    this.#accepts = new CommitLane({
      commit: async (items) => void (await Promise.all(items.map((i) => commits.accept.submit(i)))),
      onFailure,
    });
    this.#returns = new CommitLane({
      commit: async (items) => void (await Promise.all(items.map((i) => commits.return.submit(i)))),
      onFailure,
    });
    this.#dropped = new CommitLane({
      commit: async (items) => void (await Promise.all(items.map((i) => commits.drop.submit(i)))),
      onFailure,
    });
    this.#reports = new CommitLane({
      commit: async (items) => {
        await commits.report.submit(items);
        onReported(items.map(({ sequence }) => sequence));
      },
      onFailure,
    });
  }

  /** Leases that reached the agent's journal. */
  accepted(refs: readonly LeaseRef[]): void {
    for (const item of this.#attempts(refs)) {
      const sentAfterUs = this.#options.sentAfterUs(leaseKeyText(item));
      this.#accepts.add(leaseKeyText(item), { ...item, sentAfterUs });
    }
  }

  /** Leases the agent gives back. */
  returned(refs: readonly LeaseRef[], reason: string): void {
    for (const item of this.#attempts(refs)) {
      this.#returns.add(leaseKeyText(item), { ...item, reason });
    }
  }

  /** Leases that the agent has had and lists no more, without a word. */
  dropped(keys: readonly LeaseKey[]): void {
    for (const key of keys) {
      this.#options.logger.warning("the agent lists a lease no more that it had", { ...key });
      this.#dropped.add(leaseKeyText(key), { ...this.#options.agent, ...key });
    }
  }

  /** What happened to attempts. */
  reported(reports: readonly Report[]): void {
    for (const report of reports) {
      this.#reports.add(report.sequence, { ...this.#options.agent, ...readReport(report) });
    }
  }

  /** Attempts that want to start. */
  async startsRequested(refs: readonly LeaseRef[]): Promise<void> {
    const items = this.#attempts(refs).map((item) => {
      return { ...item, sentAfterUs: this.#options.sentAfterUs(leaseKeyText(item)) };
    });
    const replies = items.map(async (item) => writeStartReply(item, await this.#askStart(item)));
    this.#options.onStartAnswers(await Promise.all(replies));
  }

  /** Resolves when all that was said is committed. */
  async idle(): Promise<void> {
    await Promise.all([this.#accepts.idle(), this.#returns.idle(), this.#reports.idle()]);
  }

  /** Forgets what is not yet being committed; the agent will say it again on its next stream. */
  close(): void {
    this.#accepts.close();
    this.#returns.close();
    this.#dropped.close();
    this.#reports.close();
  }

  #attempts(refs: readonly LeaseRef[]): AttemptOf[] {
    return refs.map((ref) => ({ ...this.#options.agent, ...readRef(ref) }));
  }

  /**
   * While the database is away the agent is told to ask again: nothing is kept here that could be
   * lost, and a permission that was committed without an answer is given again.
   */
  async #askStart(item: AttemptOf & Sent): Promise<StartAnswer> {
    try {
      return await this.#options.commits.start.submit(item);
    } catch (error) {
      const { message } = describeFailure(error, this.#options.logger);
      return { decision: "wait", delayMs: START_RETRY_MS * (0.5 + Math.random()), reason: message };
    }
  }
}
