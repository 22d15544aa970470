import { Gauge, Registry } from "prom-client";
import type { AgentHoldings, SlotAudit } from "#server/store/slot-audit.ts";

/** Where the numbers come from; asked at each scrape. */
export interface MetricsSource {
  /** What the agents connected to this replica say they hold. */
  readonly agents: () => readonly AgentHoldings[];
  /** Slots counted several ways. */
  readonly audit: () => Promise<SlotAudit>;
}

/** The metrics of a replica in Prometheus' text format. */
export interface Metrics {
  readonly contentType: string;
  /** Rejects if the database cannot be asked. */
  read(): Promise<string>;
}

/** How two records of the slots may differ, as the label of the drift. */
const DRIFTS = {
  lease_without_run: "leasesWithoutRun",
  run_without_lease: "runsWithoutLease",
  held_without_lease: "heldWithoutLease",
  lease_not_held: "leasesNotHeld",
} as const satisfies Record<string, keyof SlotAudit>;

/** Metrics that are read when they are asked for: between two scrapes they cost nothing. */
export function createMetrics(source: MetricsSource): Metrics {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[] = []): Gauge =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const connected = gauge("sluice_agents_connected", "Agents connected to this replica.");
  const held = gauge("sluice_slots_held", "Leases that have not ended, in all pools.");
  const drift = gauge(
    "sluice_slot_drift",
    "Slots on which leases, runs and agents disagree; 0 unless something is wrong.",
    ["kind"],
  );
  const memory = gauge("process_resident_memory_bytes", "Resident memory of this process.");
  const processor = gauge(
    "process_cpu_seconds_total",
    "Processor time of this process since its start.",
  );
  return {
    contentType: registry.contentType,
    async read() {
      const audit = await source.audit();
      connected.set(source.agents().length);
      held.set(audit.openLeases);
      for (const [kind, key] of Object.entries(DRIFTS)) drift.set({ kind }, audit[key]);
      memory.set(process.memoryUsage.rss());
      const { user, system } = process.cpuUsage();
      processor.set((user + system) / 1e6);
      return registry.metrics();
    },
  };
}
