import { Type } from "typebox";
import { AppError } from "#shared/errors.ts";
import type { JsonObject } from "#shared/json.ts";
import type { WorkerType } from "#shared/worker-types/worker-type.ts";
import { workerTypes } from "#shared/worker-types/worker-types.ts";
import { route, type Route } from "./route.ts";
import { AnyObject } from "./schema-types.ts";

const VIEWS: Readonly<Record<string, () => JsonObject>> = {
  "aggregate-worker-metadata": describeWorkerTypes,
  // Known, and empty: we list no collections of flows and blocks.
  "aggregate-flow-metadata": () => ({}),
  "aggregate-block-metadata": () => ({}),
  "demo-flows": () => ({}),
};

/** What clients read about packages that they may install. */
export const COLLECTION_ROUTES: readonly Route[] = [
  route({
    method: "get",
    path: "/collections/views/{view}",
    name: "read_view_content",
    tags: ["Collections"],
    summary: "The worker types by package, as `aggregate-worker-metadata`; other views are empty",
    params: Type.Object({ view: Type.String() }),
    responses: { 200: AnyObject },
    handler: (_, { params: { view } }) => {
      const read = Object.hasOwn(VIEWS, view) ? VIEWS[view] : undefined;
      if (read === undefined) {
        throw new AppError(
          "not_found",
          `There is no view '${view}'; the views are ${Object.keys(VIEWS).join(", ")}.`,
          { metadata: { view } },
        );
      }
      return { status: 200, body: read() };
    },
  }),
];

function describeWorkerTypes(): JsonObject {
  const byPackage = Map.groupBy(workerTypes(), ({ packageName }) => packageName);
  return Object.fromEntries(
    [...byPackage].map(([name, types]) => [
      name,
      Object.fromEntries(types.map((type) => [type.type, describeWorkerType(type)])),
    ]),
  );
}

function describeWorkerType(type: WorkerType): JsonObject {
  return {
    type: type.type,
    default_base_job_configuration: type.defaultBaseJobTemplate,
    description: type.description,
    display_name: type.displayName,
    documentation_url: type.documentationUrl,
    install_command: type.installCommand,
    is_beta: type.isBeta,
    logo_url: type.logoUrl,
  };
}
