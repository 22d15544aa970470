import { allCommands, flagWords, type CommandNode, type FlagNode } from "./tree.ts";

/** A script for zsh that completes commands, flags and their values, with descriptions. */
export function zshCompletion(program: string, tree: CommandNode): string {
  const nodes = allCommands(tree);
  return `#compdef ${program}
# zsh completion of ${program}. Use it with: source <(${program} completion zsh)

_${program}() {
  local at="" word option="\${words[CURRENT-1]}" index skip=0
  local -a choices flags
  for ((index = 2; index < CURRENT; index++)); do
    word="\${words[index]}"
    if ((skip)); then skip=0; continue; fi
    case "$at:$word" in
      ${groupFlags(nodes)}) skip=1; continue ;;
    esac
    case "$at $word" in
${nodes.flatMap(pathCase).join("\n")}
    esac
  done
  if [[ "\${words[CURRENT]}" == --*=* ]]; then
    option="\${words[CURRENT]%%=*}"
    compset -P '*='
  fi
  case "$at:$option" in
${nodes.flatMap(valueCases).join("\n")}
  esac
  case "$at" in
${nodes.map(wordsCase).join("\n")}
  esac
  if [[ "\${words[CURRENT]}" == -* || \${#choices} -eq 0 ]]; then
    _describe -o 'flag' flags
  else
    _describe 'command' choices
  fi
}

if [[ "\${funcstack[1]}" == "_${program}" ]]; then
  _${program} "$@"
else
  compdef _${program} ${program}
fi
`;
}

function groupFlags(nodes: readonly CommandNode[]): string {
  return nodes
    .filter((node) => node.children.length > 0)
    .flatMap((node) =>
      node.flags
        .filter(takesValue)
        .flatMap(flagWords)
        .map((flag) => `"${node.path}:${flag}"`),
    )
    .join(" | ");
}

function pathCase(node: CommandNode): string[] {
  if (node.path === "") return [];
  const parent = node.path.split(" ").slice(0, -1).join(" ");
  const names = [node.path.split(" ").at(-1) ?? "", ...node.aliases];
  return [`      ${names.map((name) => `"${parent} ${name}"`).join(" | ")}) at="${node.path}" ;;`];
}

function valueCases(node: CommandNode): string[] {
  return node.flags.filter(takesValue).map((flag) => {
    const patterns = flagWords(flag).map((word) => `"${node.path}:${word}"`);
    return `    ${patterns.join(" | ")}) ${valueReply(flag)}; return ;;`;
  });
}

function valueReply({ value }: FlagNode): string {
  if (value.kind === "path") return "_files";
  if (value.kind === "choice") return `compadd -- ${value.choices.join(" ")}`;
  return "_message 'value'";
}

function wordsCase(node: CommandNode): string {
  const commands = node.children.map((child) =>
    described(child.path.split(" ").at(-1) ?? "", child.description),
  );
  const words = node.words.map((word) => `'${word}'`);
  const flags = node.flags.flatMap((flag) =>
    flagWords(flag).map((word) => described(word, flag.description)),
  );
  const path = node.takesPath
    ? `\n      [[ "\${words[CURRENT]}" == -* ]] || { _files; return; }`
    : "";
  return `    "${node.path}")${path}
      choices=(${[...commands, ...words].join(" ")})
      flags=(${flags.join(" ")})
      ;;`;
}

function described(word: string, description: string): string {
  const text = `${word.replaceAll(":", "\\:")}:${description}`;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function takesValue(flag: FlagNode): boolean {
  return flag.value.kind !== "none";
}
