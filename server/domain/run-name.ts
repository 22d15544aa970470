const FIRST = [
  "amber", "ancient", "autumn", "bold", "brave", "bright", "brisk", "calm", "clear", "clever",
  "copper", "coral", "crisp", "daring", "dawn", "deep", "eager", "early", "emerald", "fair",
  "fleet", "fresh", "gentle", "golden", "grand", "happy", "hidden", "honest", "humble", "indigo",
  "ivory", "jade", "keen", "kind", "late", "light", "lively", "lucky", "mellow", "misty", "noble",
  "olive", "patient", "placid", "polar", "proud", "quick", "quiet", "rapid", "royal", "ruby",
  "rustic", "scarlet", "serene", "silent", "silver", "solar", "steady", "still", "sunny", "swift",
  "tidal", "velvet", "vivid",
] as const;
const SECOND = [
  "badger", "bay", "beacon", "birch", "bison", "bridge", "brook", "canal", "canyon", "cedar",
  "cliff", "cloud", "comet", "crane", "creek", "delta", "dune", "eagle", "elm", "falcon", "fern",
  "finch", "fjord", "forest", "fox", "glacier", "grove", "harbor", "hare", "harrier", "heron",
  "hill", "island", "lagoon", "lake", "lark", "lynx", "maple", "marsh", "meadow", "mill", "moor",
  "ocean", "orchard", "osprey", "otter", "owl", "pass", "pine", "plover", "pond", "quail", "reef",
  "ridge", "river", "robin", "shore", "sparrow", "spring", "stork", "stream", "swallow", "valley",
  "weir",
] as const;

/** A name of two words for a run that nobody named. `random` has a fraction in [0, 1) for each. */
export function runName(random: readonly [number, number]): string {
  const first = FIRST[Math.floor(random[0] * FIRST.length)] ?? FIRST[0];
  const second = SECOND[Math.floor(random[1] * SECOND.length)] ?? SECOND[0];
  return `${first}-${second}`;
}
