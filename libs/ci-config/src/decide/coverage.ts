import { RE2JS } from 're2js';

/** Finds the last number that a job's `coverage` pattern names in its log. */
export interface CoverageSearch {
  /** Looks at one more line. */
  line(text: string): void;
  /** What the last matching line says; null where none does. */
  readonly percent: number | null;
}

const NUMBER = /\d+(?:\.\d+)?/;

/**
 * Looks for a coverage line by line: the last line that matches counts, in it the last match and of that its last
 * group where it has groups, and there the first number (`ci-language.md` 2.7). Null when the pattern is not RE2.
 *
 * @param pattern without its slashes
 */
export function coverageSearch(pattern: string): CoverageSearch | null {
  const regex = compiled(pattern);
  if (regex === null) return null;
  let percent: number | null = null;
  return {
    line(text) {
      const matcher = regex.matcher(text);
      let last: string | null = null;
      while (matcher.find()) last = matcher.groupCount() > 0 ? matcher.group(matcher.groupCount()) : matcher.group();
      const number = last === null ? null : NUMBER.exec(last);
      if (number) percent = Number(number[0]);
    },
    get percent() {
      return percent;
    },
  };
}

function compiled(pattern: string): RE2JS | null {
  try {
    return RE2JS.compile(pattern);
  } catch {
    // Whichever of RE2JS's exceptions it is, the pattern is not RE2.
    return null;
  }
}
