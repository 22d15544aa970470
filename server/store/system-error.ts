/** Whether this is an error of the operating system or of PostgreSQL with one of these codes. */
export function isErrorCode(error: unknown, ...codes: readonly string[]): boolean {
  const code = errorCode(error);
  return code !== undefined && codes.includes(code);
}

/** The code of an error of the operating system (`ENOENT`) or of PostgreSQL (`3D000`). */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
