import type { Finding } from './contract.js';
import { limits } from './limits.js';
import type { Node, Source } from './nodes.js';

/** Findings beyond this are only counted. */
const KEPT_MAX = 5_000;

type Place = { readonly source: Source; readonly offset: number };

/**
 * Collects what is wrong and what looks wrong during one compile. Nothing stops at the first fault;
 * a pass that cannot go on says so by its return value.
 */
export class Report {
  private readonly errorList: Finding[] = [];
  private readonly warningList: Finding[] = [];
  private readonly seen = new Set<string>();
  private dropped = { e: 0, w: 0 };

  /** `message` is a whole sentence; user text in it goes through `quote`. */
  error(code: string, message: string, path?: string, at?: Place): void {
    this.add(this.errorList, 'e', code, message, path, at);
  }

  warn(code: string, message: string, path?: string, at?: Place): void {
    this.add(this.warningList, 'w', code, message, path, at);
  }

  /** Takes back all errors of a kind, once something else makes them pointless. */
  retract(code: string): void {
    const others = this.errorList.filter((error) => error.code !== code);
    this.errorList.splice(0, this.errorList.length, ...others);
  }

  /** There are more errors already than anybody is shown. */
  get isFull(): boolean {
    return this.errorList.length > limits.findings;
  }

  get failed(): boolean {
    return this.errorList.length > 0;
  }

  /** How many errors there are so far: a caller compares before and after to know whether a part was sound. */
  get errorCount(): number {
    return this.errorList.length;
  }

  /** How many findings of either kind there are. */
  get count(): number {
    return this.errorList.length + this.warningList.length + this.dropped.e + this.dropped.w;
  }

  get errors(): Finding[] {
    return bounded(this.errorList, this.dropped.e);
  }

  get warnings(): Finding[] {
    return bounded(this.warningList, this.dropped.w);
  }

  private add(list: Finding[], kind: 'e' | 'w', code: string, message: string, path?: string, at?: Place): void {
    if (list.length >= KEPT_MAX) {
      this.dropped[kind] += 1;
      return;
    }
    const finding: Finding = { code, message: cut(message, limits.messageChars) };
    if (path) finding.path = cutPath(path);
    if (at) {
      const { line, column } = at.source.position(at.offset);
      finding.file = at.source.file;
      finding.line = line;
      finding.column = column;
    }
    // A fault in a shared anchor or a default would otherwise be told once for every job that uses it.
    const identity = [kind, code, finding.message, finding.file, finding.line, finding.column].join('\u0000');
    if (this.seen.has(identity)) return;
    this.seen.add(identity);
    list.push(finding);
  }
}

/** In the order of the text, file by file, and no more than a person reads. */
function bounded(list: readonly Finding[], dropped: number): Finding[] {
  const files = [...new Set(list.map((finding) => finding.file))];
  const rank = (finding: Finding) => (finding.file === undefined ? files.length : files.indexOf(finding.file));
  const sorted = [...list].sort(
    (a, b) => rank(a) - rank(b) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
  if (sorted.length <= limits.findings) return sorted;
  const more = sorted.length - limits.findings + dropped;
  return [...sorted.slice(0, limits.findings), { code: 'more_findings', message: `and ${more} more` }];
}

export function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}

function cutPath(path: string): string {
  return path
    .split(':')
    .map((part) => cut(part, limits.quotedChars))
    .join(':');
}

/** User text for a sentence: cut, and control characters made visible. */
export function quote(text: string): string {
  return `\`${plain(text)}\``;
}

/** As `quote` without the marks, for lists and paths. */
export function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are exactly what must not reach a terminal
  return cut(text, limits.quotedChars).replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** What was found, in words that fit behind "not". */
export function found(node: Node): string {
  if (node.kind === 'map') return 'a hash';
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'reference') return 'an unresolved !reference';
  if (node.type === 'null') return 'null';
  if (node.type === 'string') return node.text === '' ? 'an empty text' : `the text ${quote(node.text)}`;
  return `the ${node.type === 'boolean' ? 'boolean' : 'number'} ${quote(node.text)}`;
}

/** Joins the parts of a path the way GitLab writes it. */
export function join(...parts: string[]): string {
  return parts.map(plain).join(':');
}
