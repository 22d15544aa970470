import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { newId } from "#shared/ids.ts";
import { BlockWorld, freshEncryptionKey } from "#test/support/block-world.ts";
import { CliOnServer, type CliResult } from "#test/support/cli-on-server.ts";
import { at } from "#test/support/json-value.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
let folder: TemporaryDirectory;
let cli: CliOnServer;
let pool = "";

const sluice = (words: readonly string[]): Promise<CliResult> => cli.run(["work-pool", ...words]);
const json = (...words: string[]): Promise<unknown> => cli.json("work-pool", ...words);

async function done(...words: string[]): Promise<CliResult> {
  const result = await sluice(words);
  expect({ words, ...result }).toMatchObject({ code: 0 });
  return result;
}

beforeAll(async () => {
  server = await TestServer.start({ SLUICE_SERVER_ENCRYPTION_KEY: freshEncryptionKey() });
}, 30_000);
beforeEach(async () => {
  folder = new TemporaryDirectory("cli work pool");
  cli = new CliOnServer(server, folder.path);
  pool = `p-${newId()}`;
  await done("create", pool, "--type", "process");
});
afterAll(() => server[Symbol.asyncDispose]());

describe("storage", () => {
  test("is configured with the surroundings' credentials, shown, and changed again", async () => {
    const name = `default-${pool}-result-storage`;
    expect((await done("storage", "inspect", pool)).out).toContain("No storage is configured");
    const first = await json("storage", "configure", "s3", pool, "--bucket", "one");
    expect(first).toMatchObject({
      bundle_upload_step: {
        "prefect_aws.experimental.bundles.upload": { bucket: "one", requires: "prefect-aws" },
      },
      bundle_execution_step: {
        "prefect_aws.experimental.bundles.execute": { bucket: "one", requires: "prefect-aws" },
      },
    });
    const id = String(at(first, "default_result_storage_block_id"));
    const rest = new RestClient(server.url);
    const block = async (): Promise<unknown> => (await rest.get(`/block_documents/${id}`)).body;
    expect(await block()).toMatchObject({ name, data: { bucket_name: "one" } });
    expect(await json("storage", "inspect", pool)).toEqual(first);

    const words = ["--bucket", "two", "--launcher", "python", "--upload-launcher-arg=-I"];
    await done("storage", "configure", "s3", pool, ...words);
    expect(await json("storage", "inspect", pool)).toMatchObject({
      bundle_upload_step: {
        "prefect_aws.experimental.bundles.upload": { bucket: "two", launcher: ["python", "-I"] },
      },
      bundle_execution_step: {
        "prefect_aws.experimental.bundles.execute": { bucket: "two", launcher: ["python"] },
      },
      default_result_storage_block_id: id,
    });
    expect(await block()).toMatchObject({ data: { bucket_name: "two" } });
    expect((await done("storage", "inspect", pool)).out).toContain(id);
  });

  test("takes the credentials of a block, which results use too", async () => {
    const blocks = new BlockWorld(new RestClient(server.url));
    const type = await blocks.find("azure-blob-storage-credentials");
    await blocks.store(type, "cli-azure", { connection_string: "hush" });
    const flag = "--azure-blob-storage-credentials-block-name";
    const words = ["azure-blob-storage", pool, "--container", "c", flag];
    const stored = await json("storage", "configure", ...words, "cli-azure");
    expect(stored).toMatchObject({
      bundle_upload_step: {
        "prefect_azure.experimental.bundles.upload": {
          container: "c",
          azure_blob_storage_credentials_block_name: "cli-azure",
        },
      },
    });
    const id = String(at(stored, "default_result_storage_block_id"));
    expect(await blocks.data(id, true)).toEqual({
      container_name: "c",
      credentials: { connection_string: "hush" },
    });
    const absent = await sluice(["storage", "configure", ...words, "absent"]);
    expect([absent.code, absent.err]).toEqual([1, expect.stringContaining("absent")]);
  });

  test("of another pool whose name comes to the same block is left alone", async () => {
    const twin = pool.toUpperCase();
    await done("create", twin, "-t", "process");
    await done("storage", "configure", "gcs", pool, "--bucket", "mine");
    const taken = await sluice(["storage", "configure", "gcs", twin, "--bucket", "theirs"]);
    expect([taken.code, taken.err]).toEqual([1, expect.stringContaining("not this pool's")]);
    // What an interruption left behind is taken up when the same is asked for again.
    await done("storage", "configure", "gcs", twin, "--bucket", "mine");
  });

  test.each([
    [["s3", "P"], "--bucket: is missing"],
    [["s3", "P", "--bucket", "b", "--container", "c"], "--container: s3 has none"],
    [["gcs", "P", "--bucket", "b", "--aws-credentials-block-name", "x"], "gcs has none"],
    [["azure-blob-storage", "P", "--container", "c"], "Azure needs a block"],
    [["s3", "P", "--bucket", "b", "--launcher", ""], "--launcher: is empty"],
    [["nfs", "P"], "Allowed choices are s3, gcs, azure-blob-storage"],
  ])("refuses %j", async (words, message) => {
    const { code, err } = await sluice(["storage", "configure", ...words]);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });
});
