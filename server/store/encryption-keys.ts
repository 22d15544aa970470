import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { AppError, invalidField, messageOf } from "#shared/errors.ts";
import { encryptionKey, type EncryptionKey, type EncryptionKeys, KEY_BYTES } from "./secret-box.ts";
import { isErrorCode } from "./system-error.ts";

/**
 * Reads keys from a setting: 32 bytes each, as base64, with commas between. Throws an AppError that
 * names the setting and never shows a key.
 */
export function parseEncryptionKeys(setting: string, text: string): EncryptionKey[] {
  return text.split(",").map((item, index) => {
    const bytes = parseKey(item.trim());
    if (bytes !== undefined) return encryptionKey(bytes);
    throw invalidField(
      setting,
      `key ${index + 1} is not ${KEY_BYTES} bytes as base64; make one with: openssl rand -base64 ${KEY_BYTES}`,
    );
  });
}

/** Keys that are given: the first encrypts, all decrypt. Without any, nothing can be encrypted. */
export function givenKeys(keys: readonly EncryptionKey[]): EncryptionKeys {
  return {
    find: (id) => keys.find((key) => key.id === id),
    current: () => {
      const [first] = keys;
      if (first !== undefined) return first;
      throw new AppError(
        "secrets_unavailable",
        "A secret cannot be stored: there is no key to encrypt it with. Set SLUICE_SERVER_ENCRYPTION_KEY " +
          `to the same ${KEY_BYTES} bytes as base64 for every control plane of this database ` +
          `(openssl rand -base64 ${KEY_BYTES}), and keep it: without it no secret can be read again.`,
      );
    },
  };
}

/**
 * The key in a file that only its owner may read. It is made when the first secret is stored; whoever
 * is first makes it for all.
 */
export function fileKeys(path: string): EncryptionKeys {
  let known: EncryptionKey | undefined;
  const read = (): EncryptionKey | undefined => (known ??= readKeyFile(path));
  return {
    find: (id) => {
      const key = read();
      return key?.id === id ? key : undefined;
    },
    current: () => {
      const found = read();
      if (found !== undefined) return found;
      makeKeyFile(path);
      const made = read();
      if (made !== undefined) return made;
      throw unusable(path, "it is gone right after it was made");
    },
  };
}

function readKeyFile(path: string): EncryptionKey | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (isErrorCode(error, "ENOENT")) return undefined;
    throw unusable(path, messageOf(error));
  }
  const bytes = parseKey(text.trim());
  if (bytes === undefined) throw unusable(path, `it does not hold ${KEY_BYTES} bytes as base64`);
  return encryptionKey(bytes);
}

function makeKeyFile(path: string): void {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeDurably(draft, `${randomBytes(KEY_BYTES).toString("base64")}\n`);
    // A link never replaces: of several that make the key at once, one wins, and nobody sees half.
    linkSync(draft, path);
    syncDirectory(dirname(path));
  } catch (error) {
    if (!isErrorCode(error, "EEXIST")) throw unusable(path, messageOf(error));
  } finally {
    rmSync(draft, { force: true });
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, "wx", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function parseKey(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64");
  return bytes.length === KEY_BYTES ? bytes : undefined;
}

function unusable(path: string, why: string): AppError {
  return new AppError(
    "secrets_unavailable",
    `The file ${path}, which holds the key of all stored secrets, cannot be used: ${why}. Put it back from a backup, or set SLUICE_SERVER_ENCRYPTION_KEY.`,
  );
}
