/**
 * Ruby's `File.fnmatch` with PATHNAME, DOTMATCH and EXTGLOB, as `changes` and `exists` use it: `*`
 * and `?` never cross a slash, `**` followed by a slash does, dotfiles are ordinary, braces branch.
 *
 * Matching is a walk over sets of pattern positions, so its time is bounded by pattern × path, and
 * braces are opened before with a bound on how many patterns they may make.
 */
export interface Glob {
  matches(path: string): boolean;
}

type Part =
  | { kind: 'char'; char: string }
  | { kind: 'any' } // `?`
  | { kind: 'star' } // `*`
  | { kind: 'deep' } // `**/`
  | { kind: 'set'; negated: boolean; ranges: [string, string][] };

const BRANCHES_MAX = 500;
const cache = new Map<string, Glob>();

/** Compiles a glob; one with far too many brace branches never matches. */
export function compileGlob(pattern: string): Glob {
  const known = cache.get(pattern);
  if (known) return known;
  const branches = openBraces(pattern).map(parse);
  const glob: Glob = { matches: (path) => branches.some((parts) => run(parts, path)) };
  if (cache.size >= 1_000) cache.clear();
  cache.set(pattern, glob);
  return glob;
}

/** `a{b,c{d,e}}` as the patterns that it stands for. */
export function openBraces(pattern: string): string[] {
  let pending = [pattern];
  const done: string[] = [];
  while (pending.length > 0) {
    const next: string[] = [];
    for (const one of pending) {
      const branches = openFirst(one);
      if (branches === null) done.push(one);
      else next.push(...branches);
      if (done.length + next.length > BRANCHES_MAX) return [];
    }
    pending = next;
  }
  return done;
}

function openFirst(pattern: string): string[] | null {
  const open = indexOutside(pattern, '{', 0);
  if (open === -1) return null;
  let depth = 0;
  let start = open + 1;
  const middle: string[] = [];
  for (let at = open; at < pattern.length; at++) {
    const char = pattern[at];
    if (char === '\\') at += 1;
    else if (char === '{') depth += 1;
    else if (char === '}') {
      depth -= 1;
      if (depth > 0) continue;
      middle.push(pattern.slice(start, at));
      return middle.map((part) => pattern.slice(0, open) + part + pattern.slice(at + 1));
    } else if (char === ',' && depth === 1) {
      middle.push(pattern.slice(start, at));
      start = at + 1;
    }
  }
  return null;
}

function indexOutside(pattern: string, wanted: string, from: number): number {
  for (let at = from; at < pattern.length; at++) {
    if (pattern[at] === '\\') at += 1;
    else if (pattern[at] === wanted) return at;
  }
  return -1;
}

function parse(pattern: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  while (at < pattern.length) {
    const char = pattern[at] ?? '';
    const atSegmentStart = at === 0 || pattern[at - 1] === '/';
    if (char === '*' && atSegmentStart && pattern.startsWith('**/', at)) {
      parts.push({ kind: 'deep' });
      at += 3;
      while (pattern.startsWith('**/', at)) at += 3;
    } else if (char === '*') {
      if (parts.at(-1)?.kind !== 'star') parts.push({ kind: 'star' });
      at += 1;
    } else if (char === '?') {
      parts.push({ kind: 'any' });
      at += 1;
    } else if (char === '[') {
      const set = parseSet(pattern, at);
      parts.push(set?.part ?? { kind: 'char', char });
      at = set?.end ?? at + 1;
    } else {
      const escaped = char === '\\' && at + 1 < pattern.length;
      parts.push({ kind: 'char', char: escaped ? (pattern[at + 1] ?? '') : char });
      at += escaped ? 2 : 1;
    }
  }
  return parts;
}

function parseSet(pattern: string, open: number): { part: Part; end: number } | null {
  let at = open + 1;
  const negated = pattern[at] === '!' || pattern[at] === '^';
  if (negated) at += 1;
  const ranges: [string, string][] = [];
  while (at < pattern.length && pattern[at] !== ']') {
    const [low, afterLow] = setChar(pattern, at);
    at = afterLow;
    if (pattern[at] === '-' && pattern[at + 1] !== ']' && at + 1 < pattern.length) {
      const [high, afterHigh] = setChar(pattern, at + 1);
      at = afterHigh;
      ranges.push([low, high]);
    } else ranges.push([low, low]);
  }
  return at < pattern.length && ranges.length > 0 ? { part: { kind: 'set', negated, ranges }, end: at + 1 } : null;
}

function setChar(pattern: string, at: number): [string, number] {
  const escaped = pattern[at] === '\\' && at + 1 < pattern.length;
  return escaped ? [pattern[at + 1] ?? '', at + 2] : [pattern[at] ?? '', at + 1];
}

/** Marks all positions of the pattern that may be reached, and moves the marks on by each character. */
function run(parts: readonly Part[], path: string): boolean {
  let marks = new Uint8Array(parts.length + 1);
  let next = new Uint8Array(parts.length + 1);
  marks[0] = 1;
  pass(parts, marks, true);
  for (let at = 0; at < path.length; at++) {
    const char = path[at] ?? '';
    if (!step(parts, marks, next, char)) return false;
    pass(parts, next, char === '/');
    [marks, next] = [next, marks];
    next.fill(0);
  }
  return marks[parts.length] === 1;
}

/** Takes one character; false when no mark is left. */
function step(parts: readonly Part[], marks: Uint8Array, next: Uint8Array, char: string): boolean {
  let any = false;
  for (let state = 0; state < parts.length; state++) {
    const part = parts[state];
    if (marks[state] === 0 || part === undefined) continue;
    const stays = part.kind === 'deep' || (part.kind === 'star' && char !== '/');
    if (!stays && !accepts(part, char)) continue;
    next[stays ? state : state + 1] = 1;
    any = true;
  }
  return any;
}

/** Adds what is reached without a character: stars match nothing, a deep star only where a segment starts. */
function pass(parts: readonly Part[], marks: Uint8Array, atSegmentStart: boolean): void {
  for (let state = 0; state < parts.length; state++) {
    if (marks[state] === 0) continue;
    const kind = parts[state]?.kind;
    if (kind === 'star' || (kind === 'deep' && atSegmentStart)) marks[state + 1] = 1;
  }
}

function accepts(part: Part, char: string): boolean {
  if (part.kind === 'char') return part.char === char;
  if (char === '/') return false;
  if (part.kind === 'any') return true;
  if (part.kind !== 'set') return false;
  return part.ranges.some(([low, high]) => low <= char && char <= high) !== part.negated;
}
