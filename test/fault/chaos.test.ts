import { afterAll } from "bun:test";
import { printSummary } from "#test/support/fault-summary.ts";
import { faultScenario } from "#test/support/scenario.ts";
import { seededRandom } from "#test/support/seeded-random.ts";

afterAll(printSummary);

const SEED = 20_261_124;
const RUNS = 100;
const KILLS = 12;

faultScenario(
  `${RUNS} runs survive ${KILLS} kills of agents and control plane (seed ${SEED})`,
  async (scenario) => {
    const random = seededRandom(SEED);
    const plane = await scenario.controlPlane();
    await scenario.prepare({ lostAfterSeconds: 60, concurrencyLimit: 12 });
    const agents = [
      await scenario.agent({ flags: ["--limit", "8"] }).start(),
      await scenario.agent({ flags: ["--limit", "8"] }).start(),
    ];
    for (let i = 0; i < RUNS; i += 1) await scenario.run({ seconds: 0.1 + random() * 0.4 });
    for (let kill = 1; kill <= KILLS; kill += 1) {
      // Each kill comes when some more user code has started, so the faults spread over the work.
      const enough = Math.floor(((kill - random()) * RUNS) / (KILLS + 1));
      await scenario.waitFor(`${enough} starts`, () => scenario.ledger.entries().length >= enough);
      const agent = agents[Math.floor(random() * 3)];
      await (agent ?? plane).program.kill();
      scenario.fault();
      if (agent === undefined) await plane.start();
      else agent.launch();
    }
  },
);
