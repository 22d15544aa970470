/** One page of a list, and where the next begins. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Empty: this was the last page. */
  readonly nextPageToken: string;
}

const MOST_PER_PAGE = 200;

/** The first `limit` items of a list, page by page. */
export async function firstItems<Item>(
  fetchPage: (pageSize: number, pageToken: string) => Promise<Page<Item>>,
  limit = Infinity,
  mostPerPage = MOST_PER_PAGE,
): Promise<Item[]> {
  const items: Item[] = [];
  let token = "";
  do {
    const page = await fetchPage(Math.min(limit - items.length, mostPerPage), token);
    items.push(...page.items);
    token = page.nextPageToken;
  } while (token !== "" && items.length < limit);
  return items.slice(0, limit);
}
