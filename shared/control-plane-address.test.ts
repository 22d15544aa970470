import { expect, test } from "bun:test";
import { grpcUrlFrom } from "./control-plane-address.ts";

const ROWS: [string | undefined, string | undefined, string][] = [
  [undefined, undefined, "http://127.0.0.1:4201"],
  ["", "", "http://127.0.0.1:4201"],
  [undefined, "http://127.0.0.1:47200", "http://127.0.0.1:47201"],
  [undefined, "http://127.0.0.1:4200/api", "http://127.0.0.1:4201"],
  [undefined, "https://box.example.com", "https://box.example.com:4201"],
  [undefined, "http://[::1]:4200", "http://[::1]:4201"],
  ["http://box:9", "http://127.0.0.1:4200", "http://box:9"],
  [undefined, "nonsense", "nonsense"],
];

for (const [grpcUrl, apiUrl, expected] of ROWS) {
  test(`gRPC ${grpcUrl} and HTTP ${apiUrl} lead to ${expected}`, () => {
    expect(grpcUrlFrom(grpcUrl, apiUrl)).toBe(expected);
  });
}
