import { at } from "./json-value.ts";
import type { RestAnswer, RestClient } from "./rest-client.ts";
import type { TestServer } from "./test-server.ts";

/** A run as REST answers it, as far as tests look at it. */
export interface RestRun {
  readonly id: string;
  readonly state_type: string;
  readonly state_name: string;
  readonly infrastructure_pid: string | null;
}

/** A pool with one deployment, and what a Prefect worker does with it over REST. */
export class RestPool {
  readonly #server: TestServer;
  readonly #rest: RestClient;
  readonly name: string;

  private constructor(server: TestServer, rest: RestClient, name: string) {
    this.#server = server;
    this.#rest = rest;
    this.name = name;
  }

  /** Makes the pool, and the deployment `work/NAME`, an engine-managed flow. */
  static async create(
    server: TestServer,
    rest: RestClient,
    name: string,
    options: { limit?: number; retries?: number; queues?: readonly string[] } = {},
  ): Promise<RestPool> {
    const { limit: concurrency_limit = null } = options;
    await rest.post("/work_pools/", { name, type: "process", concurrency_limit });
    const pool = new RestPool(server, rest, name);
    for (const queue of ["", ...(options.queues ?? [])]) await pool.deploy(queue, options.retries);
    return pool;
  }

  /** Deploys `work/POOL` or `work/POOL-QUEUE` into that queue; none: the default one. */
  async deploy(queue = "", retries = 0): Promise<void> {
    await this.#server.client.applyDeployment({
      flowName: "work",
      name: this.#deployment(queue),
      entrypoint: "flow.py:work",
      workPoolName: this.name,
      workQueueName: queue,
      retries,
      retryDelaySeconds: 0,
    });
  }

  /** Creates a run, due `inSeconds` from now. */
  async createRun(queue = "", inSeconds = 0): Promise<string> {
    const { id } = await this.#server.client.createFlowRun({
      deployment: `work/${this.#deployment(queue)}`,
      scheduledTime: new Date(Date.now() + inSeconds * 1000),
    });
    return id;
  }

  /** The ids that a poll offers. */
  async poll(body: object = {}): Promise<string[]> {
    const answer = await this.#rest.post(`/work_pools/${this.name}/get_scheduled_flow_runs`, body);
    if (!Array.isArray(answer.body)) throw new Error(JSON.stringify(answer));
    return answer.body.map((entry) => String(at(entry, "flow_run", "id")));
  }

  /** Proposes a state. */
  propose(
    id: string,
    type: string,
    state: object = {},
    options: { force?: boolean; headers?: Record<string, string> } = {},
  ): Promise<RestAnswer> {
    const { force = false, headers = {} } = options;
    const body = JSON.stringify({ state: { type, ...state }, force });
    return this.#rest.send("POST", `/flow_runs/${id}/set_state`, body, headers);
  }

  /** The run as REST answers it. */
  async run(id: string): Promise<RestRun> {
    const { body } = await this.#rest.get(`/flow_runs/${id}`);
    return body as RestRun;
  }

  #deployment(queue: string): string {
    return queue === "" ? this.name : `${this.name}-${queue}`;
  }
}
