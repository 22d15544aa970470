import { join } from "node:path";
import { fileKeys, givenKeys, parseEncryptionKeys } from "#server/store/encryption-keys.ts";
import type { EncryptionKeys } from "#server/store/secret-box.ts";
import type { SettingsSchema } from "#shared/settings.ts";

const ENV = "SLUICE_SERVER_ENCRYPTION_KEY";

/** The settings of how secrets are stored. */
export const ENCRYPTION_SETTINGS = {
  encryptionKey: {
    kind: "text",
    env: ENV,
    secret: true,
    help: "Key that encrypts the secrets of blocks, 32 bytes as base64 (openssl rand -base64 32), the same for all replicas; needed with a database of your own before the first secret is stored. Behind a comma older keys may follow, which only decrypt. Embedded: a key is made in the file encryption.key in SLUICE_HOME.",
  },
} as const satisfies SettingsSchema;

/**
 * The keys that encrypt secrets. With a database that others may use too, no file of one of them can
 * hold the key. Throws an AppError that names the setting.
 */
export function readEncryptionKeys(
  given: { readonly encryptionKey: string | undefined; readonly databaseUrl: string | undefined },
  home: string,
): EncryptionKeys {
  if (given.encryptionKey !== undefined) {
    return givenKeys(parseEncryptionKeys(ENV, given.encryptionKey));
  }
  return given.databaseUrl === undefined ? fileKeys(join(home, "encryption.key")) : givenKeys([]);
}
