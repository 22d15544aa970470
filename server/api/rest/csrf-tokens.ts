import { createHmac, timingSafeEqual } from "node:crypto";
import type { TransitionContext } from "#server/transitions/context.ts";
import { shareSecret } from "#server/transitions/share-secret.ts";
import type { Millis } from "#shared/clock.ts";

/** A token that one client may send until it expires. */
export interface CsrfToken {
  readonly token: string;
  readonly client: string;
  readonly expiration: Millis;
}

/**
 * Tokens against requests that a browser was tricked into. A token is the client's id and an end,
 * signed with a secret that is in the database: every replica knows the tokens of all, and none has
 * to keep them.
 */
export class CsrfTokens {
  readonly #transitions: () => TransitionContext;
  readonly #lifeMs: number;
  #secret: Promise<Uint8Array> | undefined;

  constructor(transitions: () => TransitionContext, lifeSeconds: number) {
    this.#transitions = transitions;
    this.#lifeMs = lifeSeconds * 1000;
  }

  /** A new token for that client. */
  async issue(client: string): Promise<CsrfToken> {
    const expiration = Date.now() + this.#lifeMs;
    return { token: await this.#sign(client, expiration), client, expiration };
  }

  /** Why a request with these headers is not from who it says; undefined if it is. */
  async refuse(token: string | undefined, client: string | undefined): Promise<string | undefined> {
    if (token === undefined) return "Missing CSRF token.";
    if (client === undefined) return "Missing CSRF client identifier.";
    const expiration = Number(token.split(".")[0]);
    const isValid = expiration > Date.now() && isSame(token, await this.#sign(client, expiration));
    return isValid ? undefined : "Invalid CSRF token or client identifier.";
  }

  async #sign(client: string, expiration: Millis): Promise<string> {
    const signature = createHmac("sha256", await this.#readSecret())
      .update(`${expiration}\n${client}`)
      .digest("base64url");
    return `${expiration}.${signature}`;
  }

  #readSecret(): Promise<Uint8Array> {
    const secret = this.#secret ?? shareSecret(this.#transitions(), "csrf");
    this.#secret = secret;
    // Asked for again after a failure.
    secret.catch(() => (this.#secret = undefined));
    return secret;
  }
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
