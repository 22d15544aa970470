import { createInterface } from "node:readline/promises";
import { systemClock } from "#shared/clock.ts";
import type { Surroundings } from "./cli.ts";
import { EXIT_INTERRUPTED, InterruptedError } from "./cli-error.ts";
import { runCli } from "./program.ts";
import { sinkOf } from "./terminal.ts";

let interrupts: AbortController | undefined;

function interrupted(): AbortSignal {
  if (interrupts === undefined) {
    const controller = new AbortController();
    interrupts = controller;
    process.on("SIGINT", () => {
      if (controller.signal.aborted) process.exit(EXIT_INTERRUPTED);
      controller.abort();
    });
  }
  return interrupts.signal;
}

async function ask(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  // While a line is read, the terminal sends Ctrl-C as a key and no signal comes.
  const pressed = new AbortController();
  prompt.once("SIGINT", () => pressed.abort());
  const signal = AbortSignal.any([interrupted(), pressed.signal]);
  try {
    return await prompt.question(`${question} `, { signal });
  } catch (error) {
    throw signal.aborted ? new InterruptedError() : error;
  } finally {
    prompt.close();
  }
}

async function confirm(question: string): Promise<boolean> {
  const answer = await ask(`${question} [y/N]`);
  return answer === undefined || /^y(es)?$/i.test(answer.trim());
}

const surroundings: Surroundings = {
  environment: process.env,
  terminal: { out: sinkOf(process.stdout, process.env), err: sinkOf(process.stderr, process.env) },
  interrupted,
  readInput: () => Bun.stdin.text(),
  confirm,
  ask,
  now: () => systemClock.now(),
};

// A reader that has seen enough, as `head`, closes the pipe; that is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
}

process.exitCode = await runCli(process.argv.slice(2), surroundings);
