import { Source } from '../nodes.js';

const BLANK_LINE = /^\s*(?:#.*|%YAML\b.*|%TAG\b.*|\.\.\.\s*)?$/;

/**
 * Cuts a file into its YAML documents the way GitLab does: at every `---` at the start of a line,
 * textually and before parsing, even inside a block of text. Documents of comments alone are dropped.
 */
export function splitDocuments(file: string, text: string): Source[] {
  const documents: Source[] = [];
  let start = 0;
  let line = 1;
  for (const [from, to] of dividers(text)) {
    push(documents, file, text.slice(start, from), line);
    line += countLines(text, start, to);
    start = to;
  }
  push(documents, file, text.slice(start), line);
  return documents;
}

function push(documents: Source[], file: string, text: string, line: number): void {
  if (!isBlank(text)) documents.push(new Source(file, text, line));
}

/**
 * Start and end of each divider. What follows `---` on its own line stays: it is the first line of
 * the next document, and blanking the dashes keeps the columns of that line.
 */
function* dividers(text: string): Generator<[number, number]> {
  for (let at = text.startsWith('---') ? 0 : next(text, 0); at !== -1; at = next(text, at + 3)) {
    const after = text.charCodeAt(at + 3);
    if (after === 10) yield [at, at + 4];
    else if (after === 13 || after === 32 || after === 9) yield [at, at + 3];
  }
}

function next(text: string, from: number): number {
  const at = text.indexOf('\n---', from);
  return at === -1 ? -1 : at + 1;
}

function countLines(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}

function isBlank(text: string): boolean {
  if (text.length > 100_000) return false;
  return text.split('\n').every((line) => BLANK_LINE.test(line));
}
