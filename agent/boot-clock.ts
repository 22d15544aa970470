import { readFileSync } from "node:fs";

/**
 * Milliseconds since the host started, asleep or awake, to a hundredth of a second. The usual
 * monotonic clock may stand still while the host is suspended; whoever waits elsewhere does not.
 */
export function readBootClock(): number {
  const [seconds] = readFileSync("/proc/uptime", "latin1").split(" ");
  return Math.round(Number(seconds) * 1000);
}
