import { allCommands, flagWords, type CommandNode, type FlagNode } from "./tree.ts";

/** A script for fish that completes commands, flags and their values, with descriptions. */
export function fishCompletion(program: string, tree: CommandNode): string {
  const nodes = allCommands(tree);
  return `# fish completion of ${program}. Use it with: ${program} completion fish | source

# Succeeds if the words before the cursor name this command.
function __${program}_at
    set -l path ''
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip -eq 1
            set skip 0
            continue
        end
        switch "$path:$word"
            case ${groupFlags(nodes)}
                set skip 1
                continue
        end
        switch "$path $word"
${nodes.flatMap(pathCase).join("\n")}
        end
    end
    test "$path" = "$argv[1]"
end

complete -c ${program} -f
${nodes.flatMap((node) => nodeLines(program, node)).join("\n")}
`;
}

function groupFlags(nodes: readonly CommandNode[]): string {
  return nodes
    .filter((node) => node.children.length > 0)
    .flatMap((node) =>
      node.flags
        .filter((flag) => flag.value.kind !== "none")
        .flatMap(flagWords)
        .map((flag) => quoted(`${node.path}:${flag}`)),
    )
    .join(" ");
}

function pathCase(node: CommandNode): string[] {
  if (node.path === "") return [];
  const parent = node.path.split(" ").slice(0, -1).join(" ");
  const names = [node.path.split(" ").at(-1) ?? "", ...node.aliases];
  const patterns = names.map((name) => quoted(`${parent} ${name}`)).join(" ");
  return [`            case ${patterns}\n                set path ${quoted(node.path)}`];
}

function nodeLines(program: string, node: CommandNode): string[] {
  const start = `complete -c ${program} -n ${quoted(`__${program}_at ${quoted(node.path)}`)}`;
  const lines = node.children.map(
    (child) => `${start} -a ${child.path.split(" ").at(-1) ?? ""} -d ${quoted(child.description)}`,
  );
  if (node.words.length > 0) lines.push(`${start} -a ${quoted(node.words.join(" "))}`);
  if (node.takesPath) lines.push(`${start} -F`);
  return [...lines, ...node.flags.map((flag) => `${start} ${flagArguments(flag)}`)];
}

function flagArguments(flag: FlagNode): string {
  const parts: string[] = [];
  if (flag.long !== undefined) parts.push(`-l ${flag.long}`);
  if (flag.short !== undefined) parts.push(`-s ${flag.short}`);
  if (flag.value.kind === "path") parts.push("-r -F");
  if (flag.value.kind === "any") parts.push("-x");
  if (flag.value.kind === "choice") parts.push(`-x -a ${quoted(flag.value.choices.join(" "))}`);
  parts.push(`-d ${quoted(flag.description)}`);
  return parts.join(" ");
}

/** A word in single quotes, in which fish reads a backslash only before a quote or a backslash. */
function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
