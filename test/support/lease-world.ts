import { randomBytes, randomUUID } from "node:crypto";
import type { LostPolicy } from "#server/domain/lost-agent.ts";
import { givenKeys } from "#server/store/encryption-keys.ts";
import { encryptionKey, KEY_BYTES, SecretBox } from "#server/store/secret-box.ts";
import { WakeUps } from "#server/store/wake-ups.ts";
import {
  applyDeployment,
  type ApplyDeploymentInput,
} from "#server/transitions/apply-deployment.ts";
import type { Numbers, TransitionContext } from "#server/transitions/context.ts";
import { createFlowRuns } from "#server/transitions/create-flow-runs.ts";
import { createWorkPool } from "#server/transitions/create-work-pool.ts";
import { type GrantedLease, grantLeases } from "#server/transitions/grant-leases.ts";
import type { AgentKey } from "#server/transitions/held-attempts.ts";
import {
  type HeldAttempt,
  openAgentSession,
  type OpenedSession,
} from "#server/transitions/open-agent-session.ts";
import { sweep } from "#server/transitions/sweep.ts";
import { newId } from "#shared/ids.ts";
import { silentLogger } from "#shared/logger.ts";
import { testDatabase, type TestDatabase } from "./postgres.ts";

/** The spans of a server with its defaults. */
const NUMBERS: Numbers = {
  acceptTimeoutSeconds: 5,
  heartbeatSeconds: 10,
  missedHeartbeats: 3,
  stopGraceSeconds: 30,
  lateAfterSeconds: 15,
  cancelDeadlineSeconds: 300,
  outageSeconds: 15,
  concurrencySlotWaitSeconds: 30,
  initialSlotLeaseSeconds: 300,
};

/** What a run looks like to a test. Times are Millis. */
export interface RunRow {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly message: string | null;
  readonly epoch: number;
  readonly leased: boolean;
  readonly runCount: number;
  readonly nextStartAt: number | null;
}

/** A database with one pool and one deployment, and the verbs of leases on it. */
export class LeaseWorld {
  readonly database: TestDatabase;
  readonly ctx: TransitionContext;
  readonly poolName: string;
  readonly poolId: string;

  private constructor(database: TestDatabase, ctx: TransitionContext, name: string, id: string) {
    this.database = database;
    this.ctx = ctx;
    this.poolName = name;
    this.poolId = id;
  }

  /** A fresh world. `limit`: the pool's. */
  static async create(
    options: {
      limit?: number;
      retries?: number;
      numbers?: Partial<Numbers>;
      lostPolicy?: LostPolicy;
    } = {},
  ): Promise<LeaseWorld> {
    const database = await testDatabase();
    const ctx: TransitionContext = {
      pool: database.pool,
      jobs: { send: async () => {} },
      wakeUps: new WakeUps(newId()),
      secretBox: new SecretBox(givenKeys([encryptionKey(randomBytes(KEY_BYTES))])),
      logger: silentLogger,
      numbers: { ...NUMBERS, ...options.numbers },
    };
    // The template this database was cloned from is old: its silence is forgiven before the test.
    await sweep(ctx);
    const id = await createWorkPool(ctx, {
      name: "local",
      type: "process",
      description: "",
      isPaused: false,
      concurrencyLimit: options.limit ?? null,
      lostPolicy: options.lostPolicy,
    });
    const world = new LeaseWorld(database, ctx, "local", id);
    await world.deploy("main", options.retries ?? 0);
    return world;
  }

  /** Deploys `work/NAME`, a command flow, into the pool; answers its id. */
  async deploy(
    name: string,
    retries = 0,
    workQueueName = "",
    more: Partial<ApplyDeploymentInput> = {},
  ): Promise<string> {
    const { id } = await applyDeployment(this.ctx, {
      flowName: "work",
      name,
      description: "",
      version: "",
      entrypoint: "",
      parameters: "",
      parameterSchema: "",
      enforceParameterSchema: true,
      jobVariables: '{"command": "true"}',
      pullSteps: "",
      tags: [],
      workPoolName: this.poolName,
      workQueueName,
      retries,
      retryDelaySeconds: 0,
      ...more,
    });
    return id;
  }

  /** Creates runs that are due now, or in `inSeconds`. */
  async createRuns(count: number, inSeconds = 0, deployment = "work/main"): Promise<string[]> {
    const scheduledTime = inSeconds === 0 ? null : (await this.now()) + inSeconds * 1000;
    const answers = await createFlowRuns(
      this.ctx,
      Array.from({ length: count }, () => ({
        deployment,
        name: null,
        parameters: "",
        jobVariables: "",
        tags: [],
        idempotencyKey: null,
        scheduledTime,
        workQueueName: null,
      })),
    );
    return answers.map((answer) => {
      if (answer instanceof Error) throw answer;
      return answer.flowRunId;
    });
  }

  /** An agent says hello. */
  async hello(
    agent: AgentKey = { agentId: randomUUID(), session: 1 },
    options: {
      limit?: number;
      held?: HeldAttempt[];
      prefetchSeconds?: number;
      queues?: string[];
    } = {},
  ): Promise<OpenedSession & AgentKey> {
    const opened = await openAgentSession(this.ctx, {
      ...agent,
      name: `agent-${agent.agentId.slice(0, 8)}`,
      workPoolName: this.poolName,
      type: "",
      workQueueNames: options.queues ?? [],
      limit: options.limit ?? null,
      prefetchSeconds: options.prefetchSeconds ?? 0,
      version: "0",
      hostname: "here",
      held: options.held ?? [],
      createPoolIfNotFound: false,
    });
    return { ...opened, ...agent };
  }

  /** One claim for one agent. */
  async claim(agent: AgentKey, freeSlots = 100): Promise<readonly GrantedLease[]> {
    const { agentId, session } = agent;
    return (await grantLeases(this.ctx, this.poolId, [{ agentId, session, freeSlots }])).leases;
  }

  /** One claim that must give exactly one lease. */
  async claimOne(agent: AgentKey): Promise<GrantedLease> {
    const [lease, ...others] = await this.claim(agent);
    if (lease === undefined || others.length > 0) {
      throw new Error(
        `the claim gave ${lease === undefined ? 0 : others.length + 1} leases, not 1`,
      );
    }
    return lease;
  }

  /** The run as stored. */
  async run(id: string): Promise<RunRow> {
    const { rows } = await this.database.pool.query<RunRow>(
      `select id, state_type as type, state_name as name, state_message as message, epoch, leased,
              run_count as "runCount", next_start_at as "nextStartAt"
         from sluice.flow_run where id = $1`,
      [id],
    );
    const [row] = rows;
    if (row === undefined) throw new Error(`no run ${id}`);
    return row;
  }

  /** The database's clock. */
  async now(): Promise<number> {
    const { rows } = await this.database.pool.query<{ now: number }>(
      "select clock_timestamp() as now",
    );
    return rows[0]?.now ?? 0;
  }

  /** Makes the past longer: what the sweep reads lies `seconds` further back. */
  async age(seconds: number): Promise<void> {
    await this.database.pool.query(
      "update sluice.lease set granted_at = granted_at - make_interval(secs => $1), accepted_at = accepted_at - make_interval(secs => $1), revoked_at = revoked_at - make_interval(secs => $1)",
      [seconds],
    );
    await this.database.pool.query(
      "update sluice.agent set last_seen_at = last_seen_at - make_interval(secs => $1)",
      [seconds],
    );
    await this.database.pool.query(
      "update sluice.liveness set grace_from = grace_from - make_interval(secs => $1)",
      [seconds],
    );
  }
}
