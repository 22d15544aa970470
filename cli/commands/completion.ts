import { Argument, type Command } from "commander";
import type { Cli } from "#cli/cli.ts";
import { bashCompletion } from "#cli/completion/bash.ts";
import { fishCompletion } from "#cli/completion/fish.ts";
import { commandTree } from "#cli/completion/tree.ts";
import { zshCompletion } from "#cli/completion/zsh.ts";

const WRITERS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

const EXAMPLES = `
Examples:
  $ source <(sluice completion bash)                     # this shell; or in ~/.bashrc
  $ sluice completion zsh > "\${fpath[1]}/_sluice"
  $ sluice completion fish > ~/.config/fish/completions/sluice.fish`;

/** `sluice completion`: a script made from the tree of the commands; no network is asked. */
export function addCompletion(program: Command, cli: Cli): void {
  program
    .command("completion")
    .description("print a completion script for a shell")
    .addArgument(new Argument("<shell>").choices(Object.keys(WRITERS)))
    .addHelpText("after", EXAMPLES)
    .action((shell: keyof typeof WRITERS) => {
      cli.out.write(WRITERS[shell](program.name(), commandTree(program)));
    });
}
