import { randomBytes } from "node:crypto";
import { at } from "./json-value.ts";
import type { RestAnswer, RestClient } from "./rest-client.ts";

/** A fresh key as SLUICE_SERVER_ENCRYPTION_KEY wants it. */
export function freshEncryptionKey(): string {
  return randomBytes(32).toString("base64");
}

/** A kind of block with its one schema, as a client registered them. */
export interface RegisteredType {
  readonly slug: string;
  readonly typeId: string;
  readonly schemaId: string;
  readonly checksum: string;
}

/** Registers kinds of block and stores blocks as a client does. Throws what is refused. */
export class BlockWorld {
  readonly rest: RestClient;

  constructor(rest: RestClient) {
    this.rest = rest;
  }

  /** A kind of block with these fields of its schema beside the usual ones. */
  async register(
    slug: string,
    fields: object,
    capabilities: string[] = [],
  ): Promise<RegisteredType> {
    const type = await this.#created("/block_types/", { name: `Type ${slug}`, slug });
    const typeId = String(at(type, "id"));
    const schema = await this.#created("/block_schemas/", {
      block_type_id: typeId,
      capabilities,
      fields: {
        title: slug,
        type: "object",
        properties: {},
        block_type_slug: slug,
        block_schema_references: {},
        ...fields,
      },
    });
    const checksum = String(at(schema, "checksum"));
    return { slug, typeId, schemaId: String(at(schema, "id")), checksum };
  }

  /** Asks for a block to be stored. */
  post(
    type: RegisteredType,
    name: string | null,
    data: object,
    more: object = {},
  ): Promise<RestAnswer> {
    const ids = { block_type_id: type.typeId, block_schema_id: type.schemaId };
    return this.rest.post("/block_documents/", { name, data, ...ids, ...more });
  }

  /** Stores a block; its id. */
  async store(type: RegisteredType, name: string, data: object): Promise<string> {
    const { status, body } = await this.post(type, name, data);
    if (status !== 201) throw new Error(`the block was refused: ${JSON.stringify(body)}`);
    return String(at(body, "id"));
  }

  /** A kind of block that is there, with its newest schema. */
  async find(slug: string): Promise<RegisteredType> {
    const typeId = String(at((await this.rest.get(`/block_types/slug/${slug}`)).body, "id"));
    const filter = { block_schemas: { block_type_id: { any_: [typeId] } } };
    const { body } = await this.rest.post("/block_schemas/filter", filter);
    return {
      slug,
      typeId,
      schemaId: String(at(body, 0, "id")),
      checksum: String(at(body, 0, "checksum")),
    };
  }

  /** Stores a `secret` block; its id. */
  async storeSecret(name: string, value: unknown): Promise<string> {
    return this.store(await this.find("secret"), name, { value });
  }

  /** The data of a block. */
  async data(id: string, secrets: boolean): Promise<unknown> {
    const query = secrets ? "?include_secrets=true" : "";
    return at((await this.rest.get(`/block_documents/${id}${query}`)).body, "data");
  }

  async #created(path: string, body: object): Promise<unknown> {
    const answer = await this.rest.post(path, body);
    if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
}
