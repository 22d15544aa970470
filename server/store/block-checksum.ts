import { createHash } from "node:crypto";
import { blockSchemaText } from "#server/domain/blocks/block-schema-text.ts";

/** The checksum of a block schema's fields, which are JSON text; as `sha256:…`. */
export function blockChecksum(fields: string): string {
  return `sha256:${createHash("sha256").update(blockSchemaText(fields)).digest("hex")}`;
}
