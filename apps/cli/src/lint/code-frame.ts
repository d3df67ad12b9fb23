import type { Finding } from '@crosstie/ci-config';

const LINE_MAX = 160;

/** Paints parts of the output, or leaves them as they are. */
export interface Paint {
  red(text: string): string;
  yellow(text: string): string;
  dim(text: string): string;
}

export const plainPaint: Paint = { red: same, yellow: same, dim: same };
export const colourPaint: Paint = { red: wrap(31), yellow: wrap(33), dim: wrap(2) };

function same(text: string): string {
  return text;
}

function wrap(code: number): (text: string) => string {
  return (text) => `\u001b[${code}m${text}\u001b[0m`;
}

/** One finding for people: where, what is wrong, and the line of it with a caret under the place. */
export function frame(finding: Finding, severity: 'error' | 'warning', text: string | undefined, paint: Paint): string {
  const { file, line, column, message, code } = finding;
  const place = file === undefined ? '' : `${[file, line, column].filter((part) => part !== undefined).join(':')}: `;
  const word = severity === 'error' ? paint.red('error') : paint.yellow('warning');
  const head = `${place}${word}: ${message} ${paint.dim(`[${code}]`)}\n`;
  const source = line === undefined ? undefined : text?.split(/\r\n|\r|\n/)[line - 1];
  return source === undefined || column === undefined ? head : head + sourceLines(source, line ?? 1, column, paint);
}

function sourceLines(source: string, line: number, column: number, paint: Paint): string {
  // Tabs and control characters would move the caret, or more than that.
  // oxlint-disable-next-line no-control-regex -- control characters are exactly what must not reach a terminal
  const safe = source.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, ' ');
  const from = Math.max(0, Math.min(column - 1 - LINE_MAX / 2, safe.length - LINE_MAX));
  const number = String(line);
  const bar = paint.dim(`${' '.repeat(number.length)} |`);
  const caret = `${' '.repeat(column - 1 - from)}${paint.red('^')}`;
  return `  ${paint.dim(`${number} |`)} ${safe.slice(from, from + LINE_MAX)}\n  ${bar} ${caret}\n`;
}
