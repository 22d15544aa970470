import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of one test, readable for every user, which is gone when the test is. */
export class TemporaryDirectory implements Disposable {
  readonly path: string;

  /** `label` is part of its name; it may hold spaces. */
  constructor(label: string) {
    this.path = mkdtempSync(join(tmpdir(), `sluice-${label}-`));
    // The database runs as another user when the tests run as root.
    chmodSync(this.path, 0o755);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
