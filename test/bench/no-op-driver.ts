import type { Adoption, Driver, Infrastructure } from "#agent/infrastructure/driver.ts";

/** Infrastructure that does nothing, at once: what is left is the cost of everything else. */
export class NoOpDriver implements Driver {
  readonly type = "process";

  async create(): Promise<void> {}

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

  async remove(): Promise<void> {}
}
