import { describe, expect, test } from "bun:test";
import { EXIT_USAGE } from "#shared/program-errors.ts";
import { CliError } from "./cli-error.ts";
import { readDeployments } from "./deployment-file.ts";

const FULL = `
x-environment: &environment
  LANG: C
deployments:
  - flow: word-count
    name: nightly
    description: Counts words
    version: 1.10
    tags: [a, 2]
    work_pool: {name: local, work_queue: fast, job_variables: {image: x, env: {A: "1", LANG: de}}}
    command: sort words.txt | uniq -c
    working_dir: data
    env:
      <<: *environment
      PORT: 0080
      DEBUG: true
      GONE:
    parameters: {top: 10, nested: {list: [1, null]}}
    parameter_schema: {type: object}
    enforce_parameter_schema: false
    retries: 2
    retry_delay_seconds: 0.5
    concurrency_limit: {limit: 3, collision_strategy: CANCEL_NEW, grace_period_seconds: 90}
`;

function problems(text: string): string[] {
  try {
    readDeployments("dir/sluice.yaml", text);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    expect(error.exitCode).toBe(EXIT_USAGE);
    return error.hints.length === 0 ? [error.message] : [...error.hints];
  }
  throw new Error("it was accepted");
}

const entry = (members: string): string =>
  `deployments:\n  - {flow: a, name: b, work_pool: p, command: c, ${members}}\n`;

describe("a deployment file", () => {
  test("says all there is to say about a deployment", () => {
    const [deployment] = readDeployments("/srv/flows/sluice.yaml", FULL);
    if (deployment === undefined) throw new Error("nothing was read");
    const { jobVariablesJson, parametersJson, parameterSchemaJson, ...plain } = deployment;
    expect(plain).toEqual({
      flowName: "word-count",
      name: "nightly",
      description: "Counts words",
      version: "1.10",
      entrypoint: "",
      enforceParameterSchema: false,
      pullStepsJson: "",
      tags: ["a", "2"],
      workPoolName: "local",
      workQueueName: "fast",
      retries: 2,
      retryDelaySeconds: 0.5,
      concurrencyLimit: 3,
      collisionStrategy: "COLLISION_STRATEGY_CANCEL_NEW",
      gracePeriodSeconds: 90,
    });
    expect(JSON.parse(parametersJson)).toEqual({ top: 10, nested: { list: [1, null] } });
    expect(JSON.parse(parameterSchemaJson)).toEqual({ type: "object" });
    expect(JSON.parse(jobVariablesJson)).toEqual({
      image: "x",
      command: "sort words.txt | uniq -c",
      working_dir: "/srv/flows/data",
      env: { A: "1", LANG: "C", PORT: "0080", DEBUG: "true", GONE: null },
    });
  });

  test("needs only flow, name, pool and command", () => {
    const [deployment] = readDeployments(
      "sluice.yaml",
      "deployments: [{flow: a, name: b, work_pool: p, command: c}]",
    );
    expect(deployment).toMatchObject({
      retries: 0,
      tags: [],
      workQueueName: "",
      parametersJson: "{}",
    });
    expect(deployment?.enforceParameterSchema).toBeUndefined();
    expect(deployment?.jobVariablesJson).toBe('{"command":"c"}');
  });

  test("may give the command as words, which reach the program as they are", () => {
    const [deployment] = readDeployments(
      "sluice.yaml",
      `deployments: [{flow: a, name: b, work_pool: p, command: [echo, "it's $HOME", 5]}]`,
    );
    expect(JSON.parse(deployment?.jobVariablesJson ?? "")).toEqual({
      command: `echo 'it'\\''s $HOME' 5`,
    });
  });

  test("may limit how many of its runs go on at once by a number alone", () => {
    const [deployment] = readDeployments("sluice.yaml", entry("concurrency_limit: 2"));
    expect(deployment).toMatchObject({
      concurrencyLimit: 2,
      collisionStrategy: "COLLISION_STRATEGY_UNSPECIFIED",
    });
  });

  test("may build one deployment on another by a merge key", () => {
    const text =
      "deployments:\n  - &d {flow: a, name: b, work_pool: p, command: c}\n  - {<<: *d, name: e}\n";
    expect(
      readDeployments("sluice.yaml", text).map(({ name, workPoolName }) => [name, workPoolName]),
    ).toEqual([
      ["b", "p"],
      ["e", "p"],
    ]);
  });
});

describe("a bad deployment file", () => {
  test.each([
    ["empty", "", "1:1: the file is empty"],
    ["only a comment", "# nothing\n", "1:1: the file is empty"],
    ["a list", "- a\n", "1:1: must be a mapping, not a list"],
    ["a word", "hello", "1:1: must be a mapping, not the text 'hello'"],
    ["no deployments", "deployments: []", "1:14: deployments: must hold at least one"],
    ["an indenting tab", "deployments:\n\t- flow: a\n", "2:1: a tab stands in the indentation"],
    [
      "an open quote",
      'deployments:\n  - flow: "a\n    name: b\n',
      "2:11: the quote that begins here is not closed",
    ],
    [
      "an open single quote",
      "deployments:\n  - flow: 'a\n",
      "2:11: the quote that begins here is not closed",
    ],
    ["a second document", "a: 1\n---\nb: 2\n", "2:1: a second document begins here"],
    ["a key twice", "deployments:\n  - {flow: a, flow: b}\n", "2:15: this key stands twice"],
    [
      "an unknown anchor",
      "deployments:\n  - *none\n",
      "2:5: deployments[0]: there is no anchor '&none'",
    ],
    [
      "an unknown collision strategy",
      entry("concurrency_limit: {limit: 1, collision_strategy: WAIT}"),
      "deployments[0].concurrency_limit.collision_strategy: must be ENQUEUE or CANCEL_NEW, not 'WAIT'",
    ],
    [
      "the same name twice",
      `${entry("tags: []")}  - {flow: a, name: b, work_pool: p, command: c}\n`,
      "3:5: deployments[1]: 'a/b' is already deployments[0]",
    ],
    [
      "an unknown key",
      entry("parametres: {}"),
      "2:50: deployments[0]: unknown key 'parametres'; did you mean 'parameters'?",
    ],
    [
      "a key from nowhere",
      entry("zzz: 1"),
      "2:50: deployments[0]: unknown key 'zzz'; known are flow, name",
    ],
    [
      "a negative number",
      entry("retries: -1"),
      "2:59: deployments[0].retries: must be a whole number of at least 0, not -1",
    ],
    [
      "a fraction",
      entry("retries: 1.5"),
      "2:59: deployments[0].retries: must be a whole number of at least 0, not 1.5",
    ],
    [
      "a number as text",
      entry('retries: "2"'),
      "2:59: deployments[0].retries: must be a whole number, not the text '2'",
    ],
    [
      "a word for a flag",
      entry("enforce_parameter_schema: sure"),
      "must be true or false, not the text 'sure'",
    ],
    [
      "a list of parameters",
      entry("parameters: [1]"),
      "deployments[0].parameters: must be a mapping, not a list",
    ],
    ["a list in env", entry("env: {A: [1]}"), "deployments[0].env.A: must be text, not a list"],
    [
      "a number as description",
      entry("description: 5"),
      "must be text, not the number 5; put it in quotes",
    ],
    ["infinity", entry("parameters: {a: .inf}"), "holds Infinity, which JSON has no word for"],
    ["itself", entry("parameters: &p {a: *p}"), "cyclic"],
    ["a key that is no text", entry("parameters: {? [x] : 1}"), "a key must be text"],
  ])("%s: %j", (_, text, expected) => {
    const found = problems(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toStartWith("dir/sluice.yaml:");
    expect(found[0]).toContain(expected);
  });

  test("tells all its problems at once, in the order of the file", () => {
    const text =
      "deployments:\n  - flow: a/b\n    nam: x\n    work_pool: {queue: y}\n    command: 5\n";
    expect(problems(text)).toEqual([
      "dir/sluice.yaml:2:5: deployments[0]: 'name' is missing",
      "dir/sluice.yaml:2:11: deployments[0].flow: 'a/b' contains '/'; names may not contain / % & > <",
      "dir/sluice.yaml:3:5: deployments[0]: unknown key 'nam'; did you mean 'name'?",
      "dir/sluice.yaml:4:16: deployments[0].work_pool: 'name' is missing",
      "dir/sluice.yaml:4:17: deployments[0].work_pool: unknown key 'queue'; did you mean 'work_queue'?",
      "dir/sluice.yaml:5:14: deployments[0].command: must be text, not the number 5; put it in quotes if it is text",
    ]);
  });

  test("has one command, wherever it stands", () => {
    const text =
      "deployments: [{flow: a, name: b, command: c, work_pool: {name: p, job_variables: {command: d}}}]";
    expect(problems(text)[0]).toContain("one of them must go");
    const without = "deployments: [{flow: a, name: b, work_pool: p}]";
    expect(problems(without)[0]).toContain("'command' is missing");
  });
});
