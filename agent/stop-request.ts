/** Why an attempt must end before it is through. */
export interface StopRequest {
  /**
   * `ordered`: by the control plane, which wants the end reported. `fenced`: it is another's now, and
   * nobody wants to hear of it. `leaving`: this agent is told to stop all it runs. `lost`: the control
   * plane was not heard for so long that it may soon be another's.
   */
  readonly kind: "ordered" | "fenced" | "leaving" | "lost";
  /** For people; ends the sentence "stopped because …". */
  readonly reason: string;
  /** Milliseconds between asking and killing. */
  readonly graceMs: number;
}

/** One request out of two: being fenced outweighs all, the first reason stays, the grace shrinks. */
export function joinStops(first: StopRequest | undefined, second: StopRequest): StopRequest {
  if (first === undefined) return second;
  const base = second.kind === "fenced" || first.kind === "leaving" ? second : first;
  return { ...base, graceMs: Math.min(first.graceMs, second.graceMs) };
}
