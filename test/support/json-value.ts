/** The value at a path of keys and indices in parsed JSON. Throws, with the value, if it ends early. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  let here = value;
  for (const key of path) {
    if (typeof here !== "object" || here === null || !(key in here)) {
      throw new Error(`no '${key}' of ${path.join(".")} in ${JSON.stringify(value)}`);
    }
    here = Reflect.get(here, key);
  }
  return here;
}

/** Parsed JSON that must be a list. */
export function listIn(text: string): unknown[] {
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value)) throw new Error(`not a list: ${text}`);
  return value;
}
