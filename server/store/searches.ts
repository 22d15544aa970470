import type { Queryable } from "./database.ts";
import { all, type Condition, isEmpty, SearchStatement } from "./search-condition.ts";

/** What is asked of the rows of each table; what is asked of none is an empty condition. */
export interface Search {
  readonly flowRuns: Condition;
  readonly flows: Condition;
  readonly deployments: Condition;
  readonly workPools: Condition;
  readonly workQueues: Condition;
  /** Whether the runs that are asked for are named one by one, so that they are few. */
  readonly isNarrow: boolean;
}

type Table = Exclude<keyof Search, "isNarrow">;

/** Which part of what is found. `order` is one of the texts in `ORDERS`. */
export interface SearchPage {
  readonly order: string;
  readonly limit: number;
  readonly offset: number;
}

/** How the lists that a search finds may be ordered, by the names that clients use. */
export const ORDERS = {
  flowRuns: {
    ID_DESC: "r.id desc",
    START_TIME_ASC: "coalesce(r.start_at, r.expected_start_at), r.id",
    START_TIME_DESC: "coalesce(r.start_at, r.expected_start_at) desc, r.id desc",
    EXPECTED_START_TIME_ASC: "r.expected_start_at, r.id",
    EXPECTED_START_TIME_DESC: "r.expected_start_at desc nulls last, r.id desc",
    NAME_ASC: "r.name, r.id",
    NAME_DESC: "r.name desc, r.id desc",
    NEXT_SCHEDULED_START_TIME_ASC: "r.next_start_at, r.id",
    END_TIME_DESC: "r.end_at desc nulls last, r.id desc",
  },
  flows: {
    CREATED_DESC: "f.created_at desc, f.id desc",
    UPDATED_DESC: "f.updated_at desc, f.id desc",
    NAME_ASC: "f.name, f.id",
    NAME_DESC: "f.name desc, f.id desc",
  },
  deployments: {
    CREATED_DESC: "d.created_at desc, d.id desc",
    UPDATED_DESC: "d.updated_at desc, d.id desc",
    NAME_ASC: "d.name, d.id",
    NAME_DESC: "d.name desc, d.id desc",
  },
} as const;

/** A search's own table, and how those of others hang on it. */
const TABLES = {
  flowRuns: {
    from: "sluice.flow_run r",
    id: "r.id",
    related: {
      flows: ["r.flow_id = any(array(select f.id from sluice.flow f where ", "))"],
      deployments: [
        "r.deployment_id = any(array(select d.id from sluice.deployment d where ",
        "))",
      ],
      workPools: ["r.work_pool_id = any(array(select p.id from sluice.work_pool p where ", "))"],
      workQueues: ["r.work_queue_id = any(array(select q.id from sluice.work_queue q where ", "))"],
    },
  },
  flows: {
    from: "sluice.flow f",
    id: "f.id",
    related: {
      flowRuns: ["exists (select from sluice.flow_run r where r.flow_id = f.id and ", ")"],
      deployments: ["exists (select from sluice.deployment d where d.flow_id = f.id and ", ")"],
      workPools: [
        "exists (select from sluice.deployment e join sluice.work_queue s on s.id = e.work_queue_id join sluice.work_pool p on p.id = s.work_pool_id where e.flow_id = f.id and ",
        ")",
      ],
      workQueues: [
        "exists (select from sluice.deployment e join sluice.work_queue q on q.id = e.work_queue_id where e.flow_id = f.id and ",
        ")",
      ],
    },
  },
  deployments: {
    from: "sluice.deployment d",
    id: "d.id",
    related: {
      flows: ["exists (select from sluice.flow f where f.id = d.flow_id and ", ")"],
      flowRuns: ["exists (select from sluice.flow_run r where r.deployment_id = d.id and ", ")"],
      workPools: [
        "exists (select from sluice.work_queue s join sluice.work_pool p on p.id = s.work_pool_id where s.id = d.work_queue_id and ",
        ")",
      ],
      workQueues: [
        "exists (select from sluice.work_queue q where q.id = d.work_queue_id and ",
        ")",
      ],
    },
  },
} as const satisfies Record<
  string,
  {
    from: string;
    id: string;
    related: Partial<Record<Table, readonly [string, string]>>;
  }
>;

/** What can be searched for. */
export type Searched = keyof typeof TABLES;

/** Ids of what is found, in order. */
export async function searchIds(
  db: Queryable,
  what: Searched,
  search: Search,
  page: SearchPage,
): Promise<string[]> {
  const statement = new SearchStatement();
  const { from, id } = TABLES[what];
  const where = statement.where(conditionOf(what, search));
  const limit = `limit ${statement.value(page.limit, "integer")} offset ${statement.value(page.offset, "integer")}`;
  const [, alias = ""] = from.split(" ");
  const text = search.isNarrow
    ? // Read by what names them, and sorted then: an index by their order would be read to its end.
      `with ${alias} as materialized (select ${alias}.* from ${from} where ${where}) select ${id} as id from ${alias} order by ${page.order} ${limit}`
    : `select ${id} as id from ${from} where ${where} order by ${page.order} ${limit}`;
  const { rows } = await db.query<{ id: string }>(statement.finish(`search-${what}`, text));
  return rows.map((row) => row.id);
}

/** How many are found. */
export async function searchCount(db: Queryable, what: Searched, search: Search): Promise<number> {
  const statement = new SearchStatement();
  const where = statement.where(conditionOf(what, search));
  const text = `select count(*) as count from ${TABLES[what].from} where ${where}`;
  const { rows } = await db.query<{ count: number }>(statement.finish(`count-${what}`, text));
  return rows[0]?.count ?? 0;
}

function conditionOf(what: Searched, search: Search): Condition {
  const related: Partial<Record<Table, readonly [string, string]>> = TABLES[what].related;
  const others = (["flowRuns", "flows", "deployments", "workPools", "workQueues"] as const).flatMap(
    (table): Condition[] => {
      const sql = related[table];
      return sql === undefined || isEmpty(search[table])
        ? []
        : [{ kind: "related", sql, of: search[table] }];
    },
  );
  return all([...(isEmpty(search[what]) ? [] : [search[what]]), ...others]);
}
