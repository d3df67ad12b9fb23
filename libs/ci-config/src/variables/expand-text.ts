import type { Variable } from './scope.js';

const NAME = '[A-Za-z_][A-Za-z0-9_]*';
const USE = new RegExp(`\\$(${NAME})|\\$\\{(${NAME})\\}|%(${NAME})%`, 'g');

/** A text may grow to this by expansion; what is beyond it is cut. */
const EXPANDED_CHARS_MAX = 1_000_000;

type Find = (name: string) => string | undefined;

/** Puts values in place of `$X`, `${X}` and `%X%`, one level; `missing` decides about unknown names. */
export function expandText(text: string, find: Find, missing: 'empty' | 'keep'): string {
  if (!mayUse(text)) return text;
  const parts: string[] = [];
  let length = 0;
  let last = 0;
  for (const match of text.matchAll(USE)) {
    const value = find(match[1] ?? match[2] ?? match[3] ?? '') ?? (missing === 'empty' ? '' : match[0]);
    parts.push(text.slice(last, match.index), value);
    length += match.index - last + value.length;
    last = match.index + match[0].length;
    if (length > EXPANDED_CHARS_MAX) return parts.join('').slice(0, EXPANDED_CHARS_MAX);
  }
  parts.push(text.slice(last));
  return parts.join('');
}

/** The names that a text uses. */
export function usedNames(text: string): string[] {
  return mayUse(text) ? [...text.matchAll(USE)].map((match) => match[1] ?? match[2] ?? match[3] ?? '') : NONE;
}

const NONE: string[] = [];

function mayUse(text: string): boolean {
  return text.includes('$') || text.includes('%');
}

/**
 * As `expandText`, but values that use variables are expanded first. A variable marked raw is put in
 * as it is, and one that leads back to itself is left as text.
 */
export function expandNested(
  text: string,
  find: (name: string) => Variable | undefined,
  missing: 'empty' | 'keep',
): string {
  const done = new Map<string, string | undefined>();
  const open = new Set<string>();
  const valueOf = (name: string): string | undefined => {
    if (done.has(name) || open.has(name) || open.size > 100) return done.get(name);
    const variable = find(name);
    if (variable === undefined || variable.raw) return variable?.value;
    open.add(name);
    const value = expandText(variable.value, valueOf, missing);
    open.delete(name);
    done.set(name, value);
    return value;
  };
  return expandText(text, valueOf, missing);
}
