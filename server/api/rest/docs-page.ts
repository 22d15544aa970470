import { createHash } from "node:crypto";
import bundle from "./docs-page.html" with { type: "text" };

// Bun's types take every .html for a bundle; imported as text it is a text.
const page = bundle as unknown as string;

/** The page that shows the routes and lets people try them. It holds nothing of this installation. */
export function docsPage(): Response {
  return new Response(page, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
    },
  });
}

// Nothing but what stands in the page may run, and it may talk to this server only.
const POLICY = [
  "default-src 'none'",
  "connect-src 'self'",
  `script-src ${hashes("script")}`,
  `style-src ${hashes("style")}`,
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");

function hashes(element: "script" | "style"): string {
  return [...page.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, "gs"))]
    .map(([, text = ""]) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`)
    .join(" ");
}
