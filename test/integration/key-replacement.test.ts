import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { plainData } from "#server/domain/blocks/block-data.ts";
import { opener, readBlockDocuments } from "#server/store/block-documents.ts";
import { givenKeys } from "#server/store/encryption-keys.ts";
import {
  encryptionKey,
  type EncryptionKey,
  KEY_BYTES,
  SecretBox,
} from "#server/store/secret-box.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { installBlockTypes } from "#server/transitions/install-block-types.ts";
import { updateBlockDocument } from "#server/transitions/update-block-document.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";
import { REPOSITORY } from "#test/support/programs.ts";
import { refusal } from "#test/support/refusal.ts";
import { storeBlock } from "#test/support/stored-block.ts";

const OLD = encryptionKey(randomBytes(KEY_BYTES));
const NEW = encryptionKey(randomBytes(KEY_BYTES));

let world: LeaseWorld;

beforeAll(async () => {
  world = await LeaseWorld.create();
  await installBlockTypes(world.ctx);
});

afterAll(() => world.database.drop());

/** A control plane with these keys. */
const under = (...keys: EncryptionKey[]): TransitionContext => ({
  ...world.ctx,
  secretBox: new SecretBox(givenKeys(keys)),
});

async function read(ctx: TransitionContext, id: string): Promise<unknown> {
  return plainData(await readBlockDocuments(ctx.pool, [id]), id, opener(ctx.secretBox));
}

/** How many secrets are not under the new key yet, as the documents count them. */
async function leftUnderOldKeys(): Promise<number> {
  const page = readFileSync(join(REPOSITORY, "docs/blocks.md"), "utf8");
  const statement = /```sql\n(.*?);\n```/s.exec(page)?.[1] ?? "";
  const { rows } = await world.database.pool.query<{ count: number }>(
    statement.replace("ID_OF_THE_NEW_KEY", NEW.id),
  );
  return rows[0]?.count ?? -1;
}

test("a key is replaced without any secret being out of reach", async () => {
  const id = await storeBlock(under(OLD), "secret", "kept", { value: "s3cr3t" });
  expect(await read(under(NEW, OLD), id)).toEqual({ value: "s3cr3t" });
  expect(await leftUnderOldKeys()).toBe(1);

  await updateBlockDocument(under(NEW, OLD), id, { merge: true });
  expect(await leftUnderOldKeys()).toBe(0);
  expect(await read(under(NEW), id)).toEqual({ value: "s3cr3t" });
  expect((await refusal(read(under(OLD), id))).reason).toBe("secrets_unavailable");
});

test("a block whose key is gone is not changed, and keeps its secrets", async () => {
  const id = await storeBlock(under(OLD), "secret", "lost", { value: "s3cr3t" });
  const change = updateBlockDocument(under(NEW), id, { data: { more: 1 }, merge: true });
  expect((await refusal(change)).message).toContain(OLD.id);
  expect(await read(under(OLD), id)).toEqual({ value: "s3cr3t" });
});
