import { type AppError, httpStatus } from "#shared/errors.ts";

/** The refusal as application/problem+json (RFC 9457): for people `detail`, for programs `reason`. */
export function problem(error: AppError): Response {
  const status = httpStatus(error.reason);
  const body = {
    type: `urn:sluice:${error.reason}`,
    title: error.reason.replaceAll("_", " "),
    status,
    detail: error.message,
    reason: error.reason.toUpperCase(),
    ...(error.violations.length > 0 ? { violations: error.violations } : {}),
    ...(Object.keys(error.metadata).length > 0 ? { metadata: error.metadata } : {}),
  };
  const headers = new Headers({ "content-type": "application/problem+json" });
  if (status === 401) headers.set("www-authenticate", 'Bearer realm="sluice"');
  return new Response(JSON.stringify(body), { status, headers });
}
