import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type Scalar,
  visit,
  type YAMLMap,
} from "yaml";
import { usageError, type CliError } from "./cli-error.ts";
import { nearest } from "./suggestion.ts";

/** A value of the file together with where it stands. */
export interface Located {
  /** As `deployments[0].work_pool`; empty for the whole file. */
  readonly path: string;
  readonly node: Node | null;
  /** Where to point if there is no node: the key, or what holds it. */
  readonly at: Node | null;
}

const MOST_PROBLEMS_SHOWN = 20;

/**
 * A YAML file that is being checked. Every problem is kept with FILE:line:column, so that all of
 * them are told at once.
 */
export class YamlSource {
  readonly #file: string;
  readonly #document: Document.Parsed;
  readonly #lines = new LineCounter();
  readonly #problems: { readonly offset: number; readonly text: string }[] = [];

  /** Throws a CliError if the text is not YAML. */
  constructor(file: string, text: string) {
    this.#file = file;
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      merge: true,
      stringKeys: true,
    });
    for (const error of this.#document.errors) {
      const quote = this.#openingQuote(error.pos[0]);
      if (quote === undefined) {
        const text = yamlProblem(error.code, error.message);
        this.#problems.push({ offset: error.pos[0], text });
      } else
        this.#problems.push({ offset: quote, text: "the quote that begins here is not closed" });
    }
    this.throwProblems();
  }

  root(): Located {
    return { path: "", node: this.#document.contents, at: this.#document.contents };
  }

  /** Keeps a problem of a value, or of a place in it. */
  problem(value: Located, text: string, at: Node | null = value.node ?? value.at): void {
    const offset = at?.range?.[0] ?? 0;
    this.#problems.push({ offset, text: value.path === "" ? text : `${value.path}: ${text}` });
  }

  /** Throws a CliError with all problems kept so far, in the order of the file; if there are any. */
  throwProblems(): void {
    if (this.#problems.length === 0) return;
    const sorted = this.#problems.toSorted((left, right) => left.offset - right.offset);
    const lines = sorted.map(({ offset, text }) => {
      const { line, col } = this.#lines.linePos(offset);
      return `${this.#file}:${Math.max(1, line)}:${Math.max(1, col)}: ${text}`;
    });
    throw problemsError(this.#file, [...new Set(lines)]);
  }

  /** The items of a list, or undefined with a problem. */
  list(value: Located): Located[] | undefined {
    const node = this.#resolved(value);
    if (!isSeq(node)) return this.#wrongType(value, "a list");
    return node.items.map((item, index) => {
      const itemNode = isNode(item) ? item : null;
      return { path: `${value.path}[${index}]`, node: itemNode, at: itemNode ?? value.node };
    });
  }

  /**
   * The members of a mapping whose keys must be among `known` (any, if undefined), or undefined
   * with a problem. Merge keys (`<<`) are followed; the mapping's own keys win.
   */
  members(value: Located, known?: readonly string[]): Map<string, Located> | undefined {
    const node = this.#resolved(value);
    if (!isMap(node)) return this.#wrongType(value, "a mapping");
    const members = new Map<string, Located>();
    this.#collect(value, node, members, known, 0);
    return members;
  }

  /** Text, or undefined with a problem. Numbers are taken as they are written if `lenient`. */
  text(value: Located, lenient = false): string | undefined {
    const node = this.#resolved(value);
    if (isScalar(node)) {
      if (typeof node.value === "string") return node.value;
      if (lenient && (typeof node.value === "number" || typeof node.value === "boolean")) {
        return writtenAs(node);
      }
    }
    return this.#wrongType(value, "text");
  }

  /** A number of at least 0, whole if asked, or undefined with a problem. */
  number(value: Located, whole: boolean): number | undefined {
    const node = this.#resolved(value);
    if (!isScalar(node) || typeof node.value !== "number") {
      return this.#wrongType(value, whole ? "a whole number" : "a number");
    }
    const fits = Number.isFinite(node.value) && node.value >= 0;
    if (fits && (!whole || Number.isSafeInteger(node.value))) return node.value;
    this.problem(
      value,
      `must be a ${whole ? "whole " : ""}number of at least 0, not ${node.value}`,
    );
    return undefined;
  }

  /** True or false, or undefined with a problem. */
  flag(value: Located): boolean | undefined {
    const node = this.#resolved(value);
    if (isScalar(node) && typeof node.value === "boolean") return node.value;
    return this.#wrongType(value, "true or false");
  }

  /** Whether the value is null, as `key:` with nothing behind it. */
  isNull(value: Located): boolean {
    const node = this.#resolved(value);
    return node === null || (isScalar(node) && node.value === null);
  }

  isList(value: Located): boolean {
    return isSeq(this.#resolved(value));
  }

  isMapping(value: Located): boolean {
    return isMap(this.#resolved(value));
  }

  /** Anything JSON can hold, or undefined with a problem. */
  json(value: Located): unknown {
    if (value.node === null) return null;
    try {
      const plain: unknown = value.node.toJS(this.#document, { maxAliasCount: 1_000 });
      JSON.stringify(plain, refuseInfinity);
      return plain;
    } catch (error) {
      this.problem(value, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  #resolved(value: Located): Node | null {
    if (!isAlias(value.node)) return value.node;
    return value.node.resolve(this.#document) ?? null;
  }

  /** Where the quote begins that is still open at the offset; undefined if none is. */
  #openingQuote(offset: number): number | undefined {
    let opening: number | undefined;
    visit(this.#document, {
      Scalar: (_, node) => {
        const quoted = node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE";
        if (quoted && node.range?.[1] === offset) opening = node.range[0];
      },
    });
    return opening;
  }

  #collect(
    owner: Located,
    map: YAMLMap,
    members: Map<string, Located>,
    known: readonly string[] | undefined,
    depth: number,
  ): void {
    const merged: Located[] = [];
    for (const pair of map.items) {
      const keyNode = isScalar(pair.key) ? pair.key : null;
      const key = keyNode === null ? String(pair.key) : keyText(keyNode);
      const node = isNode(pair.value) ? pair.value : null;
      const member = { path: owner.path === "" ? key : `${owner.path}.${key}`, node, at: keyNode };
      if (key === "<<") merged.push(member);
      else if (known !== undefined && !known.includes(key)) {
        const meant = nearest(key, known);
        const help =
          meant === undefined ? `known are ${known.join(", ")}` : `did you mean '${meant}'?`;
        this.problem(owner, `unknown key '${key}'; ${help}`, keyNode);
      } else if (!members.has(key)) members.set(key, member);
    }
    for (const source of merged) {
      if (depth > 20) return this.problem(source, "is merged into itself");
      const parts = this.isList(source) ? (this.list(source) ?? []) : [source];
      for (const part of parts) {
        const target = this.#resolved(part);
        if (isMap(target)) this.#collect(owner, target, members, known, depth + 1);
        else this.problem(part, "must be a mapping to be merged");
      }
    }
  }

  #wrongType(value: Located, wanted: string): undefined {
    const node = this.#resolved(value);
    if (node === null && isAlias(value.node)) {
      this.problem(value, `there is no anchor '&${value.node.source}' above`);
    } else {
      this.problem(value, `must be ${wanted}, not ${described(node)}`);
    }
    return undefined;
  }
}

/** Several problems of a file as one error. */
function problemsError(file: string, lines: readonly string[]): CliError {
  const [first = "", ...others] = lines;
  if (others.length === 0) return usageError(first);
  const shown = lines.slice(0, MOST_PROBLEMS_SHOWN);
  const rest = lines.length - shown.length;
  if (rest > 0) shown.push(`… and ${rest} more`);
  return usageError(`${file} has ${lines.length} problems:`, ...shown);
}

function refuseInfinity(_: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new Error(`holds ${value}, which JSON has no word for`);
  }
  return value;
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}

function keyText(node: Scalar): string {
  return typeof node.value === "symbol" ? "<<" : String(node.value);
}

function writtenAs(node: Scalar): string {
  return node.source ?? String(node.value);
}

function described(node: Node | null): string {
  if (isMap(node)) return "a mapping";
  if (isSeq(node)) return "a list";
  if (!isScalar(node) || node.value === null) return "nothing";
  if (typeof node.value === "number")
    return `the number ${writtenAs(node)}; put it in quotes if it is text`;
  if (typeof node.value === "boolean") return `${writtenAs(node)}; put it in quotes if it is text`;
  if (typeof node.value === "string") return `the text '${node.value.slice(0, 40)}'`;
  return "that";
}

function yamlProblem(code: string, message: string): string {
  switch (code) {
    case "TAB_AS_INDENT":
      return "a tab stands in the indentation; YAML allows only spaces there";
    case "DUPLICATE_KEY":
      return "this key stands twice in the same mapping";
    case "MULTIPLE_DOCS":
      return "a second document begins here; the file must hold one";
    case "NON_STRING_KEY":
      return "a key must be text; put it in quotes";
    default:
      return message;
  }
}
