/** Where a variable is found. */
export function variablePath(name: string): string {
  return `/variables/name/${encodeURIComponent(name)}`;
}
