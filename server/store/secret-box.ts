import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import type { Path } from "#server/domain/blocks/secret-fields.ts";
import { AppError } from "#shared/errors.ts";
import type { JsonValue } from "#shared/json.ts";

/** Bytes of a key. */
export const KEY_BYTES = 32;

const VERSION = "v1";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A key of AES-256, with the name by which what it encrypted says so. */
export interface EncryptionKey {
  readonly id: string;
  readonly bytes: Buffer;
}

/** Where keys come from. */
export interface EncryptionKeys {
  /** The key to encrypt with. Throws secrets_unavailable if there is none. */
  current(): EncryptionKey;
  /** The key of that id; undefined if it is not known. */
  find(id: string): EncryptionKey | undefined;
}

/** Where a secret belongs: it can be read there only. */
export interface SecretPlace {
  readonly documentId: string;
  readonly path: Path;
}

/** The key with its id, which tells nothing about it. */
export function encryptionKey(bytes: Buffer): EncryptionKey {
  const digest = createHash("sha256").update("sluice encryption key\0").update(bytes).digest("hex");
  return { id: digest.slice(0, 16), bytes };
}

/**
 * Encrypts secrets and reads them again: AES-256-GCM, bound to the place they belong to, under a key
 * whose id is part of what comes out, so that keys can be replaced. Nothing it throws holds a secret.
 */
export class SecretBox {
  readonly #keys: EncryptionKeys;

  constructor(keys: EncryptionKeys) {
    this.#keys = keys;
  }

  /** The value, encrypted. Throws secrets_unavailable if there is no key. */
  seal(place: SecretPlace, value: JsonValue): string {
    const key = this.#keys.current();
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", key.bytes, nonce);
    cipher.setAAD(binding(place, key.id));
    const text = Buffer.concat([cipher.update(JSON.stringify(value), "utf8"), cipher.final()]);
    const packed = Buffer.concat([nonce, text, cipher.getAuthTag()]).toString("base64");
    return `${VERSION}.${key.id}.${packed}`;
  }

  /** The value. Throws secrets_unavailable if its key is not known, or if it was tampered with. */
  open(place: SecretPlace, sealed: string): JsonValue {
    const [version = "", keyId = "", packed = ""] = sealed.split(".");
    const key = version === VERSION ? this.#keys.find(keyId) : undefined;
    if (key === undefined) throw unknownKey(place, `${version}.${keyId}`);
    try {
      return decrypt(key, place, Buffer.from(packed, "base64"));
    } catch {
      // What went wrong in there is not told: it could be about the secret.
      throw unreadable(
        place,
        "it was changed, or moved from elsewhere, since it was stored; store it anew",
      );
    }
  }
}

function decrypt(key: EncryptionKey, place: SecretPlace, packed: Buffer): JsonValue {
  const decipher = createDecipheriv("aes-256-gcm", key.bytes, packed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(binding(place, key.id));
  decipher.setAuthTag(packed.subarray(-TAG_BYTES));
  const text = Buffer.concat([
    decipher.update(packed.subarray(NONCE_BYTES, -TAG_BYTES)),
    decipher.final(),
  ]);
  const value: JsonValue = JSON.parse(text.toString("utf8"));
  return value;
}

function binding({ documentId, path }: SecretPlace, keyId: string): Buffer {
  return Buffer.from(JSON.stringify([VERSION, keyId, documentId, path]));
}

function unknownKey(place: SecretPlace, id: string): AppError {
  return unreadable(
    place,
    `it is encrypted under the key '${id}', which this control plane does not have; add that key to ` +
      "SLUICE_SERVER_ENCRYPTION_KEY, or put the file encryption.key back into SLUICE_HOME",
  );
}

function unreadable({ documentId, path }: SecretPlace, why: string): AppError {
  return new AppError(
    "secrets_unavailable",
    `The secret '${path.join(".")}' of block document ${documentId} cannot be read: ${why}.`,
    { metadata: { block_document_id: documentId } },
  );
}
