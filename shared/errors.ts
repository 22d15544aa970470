/** The gRPC status codes that we use, by name. */
export const GRPC_CODE = {
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

/** Every reason a caller may see, with the two statuses it has on the two faces. */
const REASONS = {
  invalid_argument: { grpc: GRPC_CODE.INVALID_ARGUMENT, http: 422 },
  not_found: { grpc: GRPC_CODE.NOT_FOUND, http: 404 },
  already_exists: { grpc: GRPC_CODE.ALREADY_EXISTS, http: 409 },
  reserved_name: { grpc: GRPC_CODE.PERMISSION_DENIED, http: 403 },
  parameters_invalid: { grpc: GRPC_CODE.FAILED_PRECONDITION, http: 409 },
  default_queue: { grpc: GRPC_CODE.FAILED_PRECONDITION, http: 409 },
  flow_run_held: { grpc: GRPC_CODE.FAILED_PRECONDITION, http: 409 },
  no_free_slot: { grpc: GRPC_CODE.RESOURCE_EXHAUSTED, http: 409 },
  agent_in_use: { grpc: GRPC_CODE.FAILED_PRECONDITION, http: 409 },
  flow_run_ended: { grpc: GRPC_CODE.FAILED_PRECONDITION, http: 409 },
  work_pool_type_mismatch: { grpc: GRPC_CODE.FAILED_PRECONDITION, http: 409 },
  stale_session: { grpc: GRPC_CODE.ABORTED, http: 409 },
  protocol_violation: { grpc: GRPC_CODE.INVALID_ARGUMENT, http: 400 },
  unauthenticated: { grpc: GRPC_CODE.UNAUTHENTICATED, http: 401 },
  permission_denied: { grpc: GRPC_CODE.PERMISSION_DENIED, http: 403 },
  shutting_down: { grpc: GRPC_CODE.UNAVAILABLE, http: 503 },
  database_unavailable: { grpc: GRPC_CODE.UNAVAILABLE, http: 503 },
  secrets_unavailable: { grpc: GRPC_CODE.FAILED_PRECONDITION, http: 500 },
  internal: { grpc: GRPC_CODE.INTERNAL, http: 500 },
} as const satisfies Record<string, { grpc: number; http: number }>;

/** Why something was refused, for programs. */
export type ErrorReason = keyof typeof REASONS;

/** A bad field of a request: its path, and what is wrong with the way out. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** What an error may carry beside its message. */
export interface AppErrorDetail {
  readonly violations?: readonly FieldViolation[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/**
 * A refusal that the caller can act on. The message is a sentence for people that names the field,
 * the value and the way out; it never holds a stack or a secret.
 */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly reason: ErrorReason;
  readonly violations: readonly FieldViolation[];
  readonly metadata: Readonly<Record<string, string>>;

  constructor(reason: ErrorReason, message: string, detail: AppErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.reason = reason;
    this.violations = detail.violations ?? [];
    this.metadata = detail.metadata ?? {};
  }
}

/** A refusal of one field's value. The description names the value and the way out. */
export function invalidField(field: string, description: string): AppError {
  return new AppError("invalid_argument", `${field}: ${description}`, {
    violations: [{ field, description }],
  });
}

/** The gRPC status code of a reason. */
export function grpcCode(reason: ErrorReason): number {
  return REASONS[reason].grpc;
}

/** The HTTP status of a reason. */
export function httpStatus(reason: ErrorReason): number {
  return REASONS[reason].http;
}

/** The text of anything thrown, without a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
