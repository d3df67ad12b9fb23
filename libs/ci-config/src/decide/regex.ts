import { RE2JS } from 're2js';

/** A compiled pattern; searching takes time in proportion to the text, whatever the pattern. */
export interface Pattern {
  readonly source: string;
  matches(text: string): boolean;
}

const WRITTEN = /^\/(.*)\/([ismU]*)$/m;
const PATTERN_CHARS_MAX = 32_768;
const cache = new Map<string, Pattern | null>();

/** Compiles the body and flags of a pattern; null when RE2 does not accept it. */
export function compilePattern(body: string, flags: string): Pattern | null {
  const key = `${flags}/${body}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = body.length > PATTERN_CHARS_MAX ? null : compile(body, flags);
  if (cache.size >= 500) cache.clear();
  cache.set(key, made);
  return made;
}

function compile(body: string, flags: string): Pattern | null {
  const unique = [...new Set(flags)].join('');
  try {
    const regex = RE2JS.compile(unique === '' ? body : `(?${unique})${body}`);
    return { source: body, matches: (text) => regex.matcher(text).find() };
  } catch {
    // RE2JS has one exception per fault of a pattern; whichever it is, the pattern is not RE2.
    return null;
  }
}

/** A pattern held in a text, as `/…/flags`; null when the text does not look like one or is not RE2. */
export function patternFromText(text: string): Pattern | null {
  const parts = WRITTEN.exec(text);
  return parts === null ? null : compilePattern((parts[1] ?? '').replaceAll('\\/', '/'), parts[2] ?? '');
}
