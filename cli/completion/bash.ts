import { allCommands, flagWords, type CommandNode, type FlagNode } from "./tree.ts";

/** A script for bash 3.2 and later that completes commands, flags and their values. */
export function bashCompletion(program: string, tree: CommandNode): string {
  const nodes = allCommands(tree);
  return `# bash completion of ${program}. Use it with: source <(${program} completion bash)

# Sets path to the command that the words before the cursor name.
_${program}_path() {
  local index word skip=0
  path=""
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    if ((skip)); then
      [[ $word == "=" ]] || skip=0
      continue
    fi
    case "$path:$word" in
${groupFlags(nodes)}
    esac
    case "$path $word" in
${nodes.flatMap(pathCase).join("\n")}
    esac
  done
}

_${program}() {
  local path words="" current=\${COMP_WORDS[COMP_CWORD]} option=\${COMP_WORDS[COMP_CWORD - 1]}
  _${program}_path
  COMPREPLY=()
  if [[ $current == "=" ]]; then
    current=""
  elif [[ $option == "=" ]]; then
    option=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case "$path:$option" in
${nodes.flatMap(valueCases).join("\n")}
  esac
  case "$path" in
${nodes.map(wordsCase).join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}

complete -F _${program} ${program}
`;
}

/** Flags with a value before a command's name, as --profile: the value names no command. */
function groupFlags(nodes: readonly CommandNode[]): string {
  const patterns = nodes
    .filter((node) => node.children.length > 0)
    .flatMap((node) =>
      node.flags
        .filter(takesValue)
        .flatMap(flagWords)
        .map((flag) => `"${node.path}:${flag}"`),
    );
  return `      ${patterns.join(" | ")})\n        skip=1\n        continue\n        ;;`;
}

function pathCase(node: CommandNode): string[] {
  if (node.path === "") return [];
  const parent = node.path.split(" ").slice(0, -1).join(" ");
  const names = [node.path, ...node.aliases.map((alias) => `${parent} ${alias}`.trim())];
  const patterns = names.map((name) => `"${parent === "" ? ` ${name}` : name}"`);
  return [`      ${patterns.join(" | ")}) path="${node.path}" ;;`];
}

function valueCases(node: CommandNode): string[] {
  return node.flags.filter(takesValue).map((flag) => {
    const patterns = flagWords(flag).map((word) => `"${node.path}:${word}"`);
    return `    ${patterns.join(" | ")})\n${valueReply(flag)}\n      return\n      ;;`;
  });
}

function valueReply({ value }: FlagNode): string {
  if (value.kind === "path") return `      COMPREPLY=($(compgen -f -- "$current"))`;
  if (value.kind !== "choice") return "      COMPREPLY=()";
  return `      COMPREPLY=($(compgen -W "${value.choices.join(" ")}" -- "$current"))`;
}

function wordsCase(node: CommandNode): string {
  const commands = node.children.map((child) => child.path.split(" ").at(-1) ?? "");
  const words = [...commands, ...node.words].join(" ");
  const flags = node.flags.flatMap(flagWords).join(" ");
  const path = node.takesPath
    ? `\n      [[ $current == -* ]] || { COMPREPLY=($(compgen -f -- "$current")); return; }`
    : "";
  const choose =
    words === ""
      ? `      words="${flags}"`
      : `      words="${words}"\n      [[ $current == -* ]] && words="${flags}"`;
  return `    "${node.path}")${path}\n${choose}\n      ;;`;
}

function takesValue(flag: FlagNode): boolean {
  return flag.value.kind !== "none";
}
