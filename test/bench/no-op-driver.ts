import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type {
  Adoption,
  AttemptPlace,
  Driver,
  Infrastructure,
} from "#agent/infrastructure/driver.ts";

/** Infrastructure that does nothing, at once: what is left is the cost of everything else. */
export class NoOpDriver implements Driver {
  readonly type = "process";

  async create(place: AttemptPlace): Promise<void> {
    mkdirSync(dirname(place.outputPath), { recursive: true });
    appendFileSync(place.outputPath, "");
  }

  async start(): Promise<Infrastructure> {
    return {
      id: "nothing",
      record: "",
      ended: Promise.resolve({ kind: "exited", exitCode: 0, signal: "" }),
      end: async () => {},
    };
  }

  async adopt(): Promise<Adoption> {
    return { kind: "neverStarted", reason: "nothing is ever left of it" };
  }

  async remove(place: AttemptPlace): Promise<void> {
    rmSync(place.directory, { recursive: true, force: true });
  }
}
