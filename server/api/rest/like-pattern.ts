/**
 * The pattern of what has that text in it, however it is written; null if nothing is asked for. As
 * Prefect's clients expect, `%` and `_` in it stand for any text and any character.
 */
export function containing(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : `%${text}%`;
}
