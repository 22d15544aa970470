import { describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { AppError } from "#shared/errors.ts";
import { givenKeys } from "./encryption-keys.ts";
import { encryptionKey, type EncryptionKey, KEY_BYTES, SecretBox } from "./secret-box.ts";

const PLACE = { documentId: "0198c0de-0000-7000-8000-000000000001", path: ["account", "key"] };
const SECRET = "s3cr3t-value";

const fresh = (): EncryptionKey => encryptionKey(randomBytes(KEY_BYTES));
const boxOf = (...keys: EncryptionKey[]): SecretBox => new SecretBox(givenKeys(keys));

function refusal(body: () => unknown): AppError {
  try {
    body();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("not refused");
}

describe("a sealed secret", () => {
  test.each([[SECRET], [null], [12], [{ a: ["x"] }], [""]])("%j is read again", (value) => {
    const box = boxOf(fresh());
    const sealed = box.seal(PLACE, value);
    expect(sealed).not.toContain(SECRET);
    expect(box.open(PLACE, sealed)).toEqual(value);
  });

  test("is never the same text twice", () => {
    const box = boxOf(fresh());
    expect(box.seal(PLACE, SECRET)).not.toBe(box.seal(PLACE, SECRET));
  });

  test("cannot be read at another place, of the same document or another", () => {
    const box = boxOf(fresh());
    const sealed = box.seal(PLACE, SECRET);
    for (const place of [
      { ...PLACE, path: ["account.key"] },
      { ...PLACE, path: ["account", "other"] },
      { ...PLACE, documentId: PLACE.documentId.replace(/1$/, "2") },
    ]) {
      expect(refusal(() => box.open(place, sealed))).toMatchObject({
        reason: "secrets_unavailable",
      });
    }
  });

  test("cannot be read once any part of it was changed, and the refusal shows nothing of it", () => {
    const key = fresh();
    const box = boxOf(key);
    const [version = "", id = "", packed = ""] = box.seal(PLACE, SECRET).split(".");
    const bytes = Buffer.from(packed, "base64");
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      const sealed = `${version}.${id}.${changed.toString("base64")}`;
      expect(refusal(() => box.open(PLACE, sealed)).message).toContain("it was changed");
    }
    for (const short of [bytes.subarray(0, -1), bytes.subarray(0, 12), Buffer.alloc(0)]) {
      const sealed = `${version}.${id}.${short.toString("base64")}`;
      const { message } = refusal(() => box.open(PLACE, sealed));
      expect(message).not.toContain(SECRET);
      expect(message).not.toContain(key.bytes.toString("base64"));
    }
  });

  test("under another key is refused by that key's id", () => {
    const old = fresh();
    const sealed = boxOf(old).seal(PLACE, SECRET);
    const { reason, message } = refusal(() => boxOf(fresh()).open(PLACE, sealed));
    expect(reason).toBe("secrets_unavailable");
    expect(message).toContain(old.id);
    expect(message).toContain("SLUICE_SERVER_ENCRYPTION_KEY");
  });

  test("of before a change of keys is read while the old key is behind the new one", () => {
    const [old, next] = [fresh(), fresh()];
    const before = boxOf(old).seal(PLACE, SECRET);
    const both = boxOf(next, old);
    expect(both.open(PLACE, before)).toBe(SECRET);
    const after = both.seal(PLACE, SECRET);
    expect(after).toContain(next.id);
    expect(boxOf(next).open(PLACE, after)).toBe(SECRET);
  });

  test("needs a key, and the refusal names the way out", () => {
    const { reason, message } = refusal(() => boxOf().seal(PLACE, SECRET));
    expect(reason).toBe("secrets_unavailable");
    expect(message).toContain("SLUICE_SERVER_ENCRYPTION_KEY");
    expect(message).not.toContain(SECRET);
  });
});
