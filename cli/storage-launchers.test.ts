import { expect, test } from "bun:test";
import { launchersOf } from "./storage-launchers.ts";

test.each([
  [{}, [], []],
  [{ launcher: "python", launcherArg: ["-I"] }, ["python", "-I"], ["python", "-I"]],
  [{ launcher: "a", uploadLauncher: "b" }, ["b"], ["a"]],
  [{ launcher: "a", launcherArg: ["x"], executionLauncherArg: ["y"] }, ["a", "x"], ["a", "x", "y"]],
  [{ executionLauncher: "b", executionLauncherArg: ["y"] }, [], ["b", "y"]],
])("%j", (flags, uploadLauncher, executionLauncher) => {
  expect(launchersOf(flags)).toEqual({ uploadLauncher, executionLauncher });
});

test.each([
  [{ launcher: " " }, "--launcher: is empty"],
  [{ launcher: "a", uploadLauncher: "" }, "--upload-launcher: is empty"],
  [{ launcherArg: ["x"] }, "--launcher-arg: there is no program"],
  [{ executionLauncherArg: ["x"] }, "--execution-launcher-arg: there is no program"],
])("%j is refused", (flags, message) => {
  expect(() => launchersOf(flags)).toThrow(message);
});
