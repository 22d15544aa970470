import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";
import { fileKeys, parseEncryptionKeys } from "./encryption-keys.ts";

const KEY = Buffer.alloc(32, 7).toString("base64");

describe("keys of the setting", () => {
  test("are one or more, the first one to encrypt with", () => {
    const other = Buffer.alloc(32, 8).toString("base64url");
    const [first, second] = parseEncryptionKeys("SETTING", `${KEY}, ${other}`);
    expect(first?.bytes).toEqual(Buffer.alloc(32, 7));
    expect(second?.bytes).toEqual(Buffer.alloc(32, 8));
    expect(first?.id).not.toBe(second?.id);
  });

  test.each(["", "short", Buffer.alloc(31).toString("base64"), `${KEY},`, "!".repeat(44)])(
    "%p is refused without being shown",
    (text) => {
      expect(() => parseEncryptionKeys("SETTING", text)).toThrow(
        /^SETTING: key \d is not 32 bytes/,
      );
      if (text.length > 1) {
        expect(() => parseEncryptionKeys("SETTING", text)).not.toThrow(text);
      }
    },
  );
});

describe("the key in a file", () => {
  test("is made once, when it is first needed, for its owner only", () => {
    using folder = new TemporaryDirectory("keys");
    const path = join(folder.path, "home", "encryption.key");
    expect(fileKeys(path).find("0123456789abcdef")).toBeUndefined();
    expect(readdirSync(folder.path)).toEqual([]);
    const made = fileKeys(path).current();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder.path, "home"))).toEqual(["encryption.key"]);
    expect(fileKeys(path).current()).toEqual(made);
    expect(fileKeys(path).find(made.id)).toEqual(made);
    expect(readFileSync(path, "utf8").trim()).toBe(made.bytes.toString("base64"));
  });

  test("is not replaced if it cannot be used", () => {
    using folder = new TemporaryDirectory("keys");
    const path = join(folder.path, "encryption.key");
    writeFileSync(path, "half a k");
    expect(() => fileKeys(path).current()).toThrow(/encryption\.key.*32 bytes/);
    expect(readFileSync(path, "utf8")).toBe("half a k");
    mkdirSync(join(folder.path, "folder.key"));
    expect(() => fileKeys(join(folder.path, "folder.key")).current()).toThrow(/folder\.key/);
  });
});
