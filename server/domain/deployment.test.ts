import { describe, expect, test } from "bun:test";
import { defaultBaseJobTemplate } from "#shared/worker-types/worker-types.ts";
import { flowRunKind, type FlowRunKindInput } from "./deployment.ts";

const template = defaultBaseJobTemplate("process");
const withDefault = {
  job_configuration: { command: "{{ command }}" },
  variables: { properties: { command: { default: "echo" } } },
};

function kind(input: Partial<FlowRunKindInput>): string {
  return flowRunKind({
    entrypoint: null,
    baseJobTemplate: template,
    deploymentJobVariables: {},
    jobVariables: {},
    ...input,
  });
}

describe("how a run is executed", () => {
  test("an entrypoint makes it an engine's, whatever the command", () => {
    expect(kind({ entrypoint: "flow.py:main", jobVariables: { command: "x" } })).toBe("engine");
  });

  test("without one, a command from any level makes it a command", () => {
    expect(kind({ baseJobTemplate: withDefault })).toBe("command");
    expect(kind({ deploymentJobVariables: { command: "echo" } })).toBe("command");
    expect(kind({ jobVariables: { command: "echo" } })).toBe("command");
    expect(kind({ baseJobTemplate: {}, jobVariables: { command: "echo" } })).toBe("command");
  });

  test("neither is an error that says what to set", () => {
    expect(() => kind({})).toThrow("job_variables.command: there is nothing to run");
    expect(() => kind({ entrypoint: "" })).toThrow("nothing to run");
    expect(() => kind({ deploymentJobVariables: { command: "" } })).toThrow("nothing to run");
  });

  test("a run can take the command away", () => {
    const input = { deploymentJobVariables: { command: "x" }, jobVariables: { command: null } };
    expect(() => kind(input)).toThrow("nothing to run");
    expect(() => kind({ ...input, baseJobTemplate: {} })).toThrow("nothing to run");
  });

  test("a command that comes from the agent's environment counts", () => {
    const job_configuration = { command: "{{ $JOB }}" };
    const baseJobTemplate = { job_configuration, variables: { properties: { $JOB: {} } } };
    expect(kind({ baseJobTemplate })).toBe("command");
  });

  test("a command that the template does not use does not count", () => {
    const baseJobTemplate = { job_configuration: { a: 1 }, variables: { type: "object" } };
    expect(() => kind({ baseJobTemplate, jobVariables: { command: "x" } })).toThrow(
      "nothing to run",
    );
  });
});
