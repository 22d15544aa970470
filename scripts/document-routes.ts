// Writes docs/rest-routes.md from the table of routes. With --check it changes nothing and fails if
// the file differs.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROUTES } from "#server/api/rest/routes.ts";

const FILE = join(import.meta.dir, "../docs/rest-routes.md");
const REFERENCE = join(import.meta.dir, "../test/contract/reference-openapi.json");

const { paths }: { paths: Record<string, Record<string, { tags?: string[] }>> } = JSON.parse(
  readFileSync(REFERENCE, "utf8"),
);
const reference = Object.entries(paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, { tags = [] }]) => ({
    key: `${method.toUpperCase()} ${path}`,
    tag: tags[0] ?? "Root",
  })),
);
const implemented = new Set(ROUTES.map(({ method, path }) => `${method.toUpperCase()} ${path}`));
const missing = Map.groupBy(
  reference.filter(({ key }) => !implemented.has(key)),
  ({ tag }) => tag,
);

const tables = [...Map.groupBy(ROUTES, ({ tags }) => tags[0] ?? "Root")].map(([tag, routes]) =>
  [
    `## ${tag}`,
    "",
    "| Route | What |",
    "| --- | --- |",
    ...routes.map(
      ({ method, path, summary }) => `| \`${method.toUpperCase()} ${path}\` | ${summary} |`,
    ),
    "",
  ].join("\n"),
);

const absent = [...missing]
  .sort(([a], [b]) => a.localeCompare(b))
  .map(([tag, routes]) => `- **${tag}**: ${routes.map(({ key }) => `\`${key}\``).join(", ")}`);

const text = `# Routes of the REST API

Written by \`bun scripts/document-routes.ts\` from \`server/api/rest/routes.ts\`; edit that.
${reference.length - [...missing.values()].flat().length} of the reference's ${reference.length} routes are there. All stand below \`/api\`.

${tables.join("\n")}
## Not there

They are answered with 404.

${absent.join("\n")}
`;

if (!process.argv.includes("--check")) {
  writeFileSync(FILE, text);
} else if (!existsSync(FILE) || readFileSync(FILE, "utf8") !== text) {
  console.error("docs/rest-routes.md does not say what the table of routes says");
  process.exitCode = 1;
}
