import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { type Static, type TSchema, Type } from "typebox";
import { AnyObject, Closed, Nullable, Uuid } from "#server/api/rest/schema-types.ts";
import { newId } from "#shared/ids.ts";
import { parseMessage } from "./authenticate.ts";

/** The version of the channel that is spoken here. */
export const CHANNEL_VERSION = "work_pool_worker_channel.v1";

/** What every channel can do; cleaning up is left to who started something. */
export const CAPABILITIES = ["worker_heartbeat.v1", "work_pool_snapshot.v1"] as const;

const Text = Type.String({ minLength: 1 });
const Seconds = Type.Integer({ minimum: 1 });

function frame<P extends TSchema>(type: string, payload: P) {
  return Closed({
    type: Type.Unsafe<string>({ type: "string", const: type }),
    id: Uuid,
    sent_at: Type.String({ minLength: 1 }),
    payload,
  });
}

const Hello = frame(
  "worker.hello.v1",
  Closed({
    consumer_id: Uuid,
    worker_name: Text,
    worker_type: Text,
    heartbeat_interval_seconds: Seconds,
    supported_channel_versions: Type.Array(Text, { minItems: 1 }),
    requested_capabilities: Type.Array(Text, { minItems: 1 }),
    work_queue_names: Type.Optional(Type.Array(Text)),
    handled_cleanup_kinds: Type.Optional(Type.Array(Text)),
    max_cleanup_concurrency: Type.Optional(Type.Integer({ minimum: 0 })),
    create_pool_if_not_found: Type.Optional(Type.Boolean()),
    default_base_job_template: Type.Optional(AnyObject),
    worker_metadata: Type.Optional(Nullable(AnyObject)),
  }),
);

const Heartbeat = frame(
  "worker.heartbeat.v1",
  Closed({ consumer_id: Uuid, worker_name: Text, heartbeat_interval_seconds: Seconds }),
);

/** What a worker says first. */
export type HelloPayload = Static<typeof Hello>["payload"];

/** What it says from time to time. */
export type HeartbeatPayload = Static<typeof Heartbeat>["payload"];

const ajv = new Ajv2020({ strict: false, logger: false });
addFormats(ajv);
const isHello: ValidateFunction<Static<typeof Hello>> = ajv.compile(Hello);
const isHeartbeat: ValidateFunction<Static<typeof Heartbeat>> = ajv.compile(Heartbeat);

/** The payload of a hello; undefined for anything else, with a field too many as well. */
export function readHello(text: string): HelloPayload | undefined {
  const message = parseMessage(text);
  return isHello(message) ? message.payload : undefined;
}

/** The payload of a heartbeat; undefined for anything else. */
export function readHeartbeat(text: string): HeartbeatPayload | undefined {
  const message = parseMessage(text);
  return isHeartbeat(message) ? message.payload : undefined;
}

/** A frame to send. */
export function writeChannelFrame(type: string, payload: object): object {
  return { type, id: newId(), sent_at: new Date().toISOString(), payload };
}
