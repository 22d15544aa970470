import { invalidField } from "#shared/errors.ts";
import type { RestContext } from "./context.ts";
import type { PageFields } from "./schema-types.ts";

/** The database counts no further, and no list is that long. */
const MOST_OFFSET = 2 ** 31 - 1;

/** A part of a list. */
export interface Page {
  readonly limit: number;
  readonly offset: number;
}

/** The part that is asked for: from the first, as many as the setting allows, if nothing is said. */
export function readPage(ctx: RestContext, { limit, offset }: PageFields): Page {
  const most = ctx.settings.pageLimit;
  const wanted = limit ?? most;
  if (wanted < 0 || wanted > most) {
    throw invalidField("limit", `${wanted} is out of range; it must be from 0 to ${most}`);
  }
  return { limit: wanted, offset: Math.min(offset ?? 0, MOST_OFFSET) };
}
