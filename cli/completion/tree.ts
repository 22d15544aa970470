import type { Argument, Command, Option } from "commander";

/** A flag as completion offers it. */
export interface FlagNode {
  /** Without dashes. */
  readonly long: string | undefined;
  /** Without dash. */
  readonly short: string | undefined;
  readonly description: string;
  readonly value: ValueKind;
}

/** What stands behind a flag: nothing, one of some words, a path, or anything else. */
type ValueKind =
  | { readonly kind: "none" | "path" | "any" }
  | { readonly kind: "choice"; readonly choices: readonly string[] };

/** A command and what can follow it. */
export interface CommandNode {
  /** Its words without the program's name, separated by a space; empty for the program. */
  readonly path: string;
  readonly description: string;
  readonly children: readonly CommandNode[];
  /** Other names of the command's last word. */
  readonly aliases: readonly string[];
  readonly flags: readonly FlagNode[];
  /** Words its arguments may be. */
  readonly words: readonly string[];
  /** Whether an argument is a path. */
  readonly takesPath: boolean;
}

/** The tree of a program's commands, hidden ones left out. */
export function commandTree(command: Command, path = ""): CommandNode {
  const help = command.createHelp();
  const below = (child: Command): string =>
    path === "" ? child.name() : `${path} ${child.name()}`;
  return {
    path,
    description: command.description(),
    aliases: command.aliases(),
    children: help.visibleCommands(command).map((child) => commandTree(child, below(child))),
    flags: help.visibleOptions(command).map(flagNode),
    words: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
    takesPath: command.registeredArguments.some(isPath),
  };
}

/** The command and all below it. */
export function allCommands(node: CommandNode): CommandNode[] {
  return [node, ...node.children.flatMap(allCommands)];
}

/** The flag as it is typed, in each of its forms. */
export function flagWords(flag: FlagNode): string[] {
  const words: string[] = [];
  if (flag.long !== undefined) words.push(`--${flag.long}`);
  if (flag.short !== undefined) words.push(`-${flag.short}`);
  return words;
}

function flagNode(option: Option): FlagNode {
  return {
    long: option.long?.replace(/^--/, ""),
    short: option.short?.replace(/^-/, ""),
    description: option.description,
    value: valueKind(option),
  };
}

function valueKind(option: Option): ValueKind {
  if (!option.required && !option.optional) return { kind: "none" };
  if (option.argChoices !== undefined) return { kind: "choice", choices: option.argChoices };
  return /<(file|dir)>/.test(option.flags) ? { kind: "path" } : { kind: "any" };
}

function isPath(argument: Argument): boolean {
  return argument.name() === "file" || argument.name() === "dir";
}
