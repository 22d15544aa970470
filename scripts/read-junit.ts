/** How many tests ended in which way. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The counts of a JUnit report as Bun writes it; undefined if it is none, or cut short. */
export function readJunit(xml: string): TestCounts | undefined {
  const root = /<testsuites\s([^>]*)>/.exec(xml)?.[1];
  if (root === undefined || !xml.trimEnd().endsWith("</testsuites>")) return undefined;
  const tests = attribute(root, "tests");
  const failed = attribute(root, "failures");
  const skipped = attribute(root, "skipped");
  if (tests === undefined || failed === undefined || skipped === undefined) return undefined;
  return { passed: tests - failed - skipped, failed, skipped };
}

function attribute(attributes: string, name: string): number | undefined {
  const text = new RegExp(`(?:^|\\s)${name}="(\\d+)"`).exec(attributes)?.[1];
  return text === undefined ? undefined : Number(text);
}
