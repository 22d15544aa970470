import { expect, test } from "bun:test";
import { grpcUrlFrom, httpUrlFrom } from "./control-plane-address.ts";

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

const HTTP_ROWS: [string | undefined, string | undefined, string][] = [
  [undefined, undefined, "http://127.0.0.1:4200"],
  ["", "", "http://127.0.0.1:4200"],
  ["http://box:47200", "http://other:1", "http://box:47200"],
  ["http://box:4200/api/", undefined, "http://box:4200"],
  ["https://box.example.com/", undefined, "https://box.example.com"],
  [undefined, "http://box:47201", "http://box:47200"],
  [undefined, "https://box.example.com", "https://box.example.com:4200"],
  [undefined, "nonsense", "nonsense"],
];

for (const [apiUrl, grpcUrl, expected] of HTTP_ROWS) {
  test(`HTTP ${apiUrl} beside gRPC ${grpcUrl} is at ${expected}`, () => {
    expect(httpUrlFrom(apiUrl, grpcUrl)).toBe(expected);
  });
}
