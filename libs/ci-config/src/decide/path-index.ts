import { limits } from '../limits.js';
import { compileGlob } from './globs.js';
import { searchPaths } from './path-regexp.js';

/**
 * A list of paths that many globs are held against: each glob is answered once, and only paths that
 * begin as the glob does are walked. Beyond the bounds everything matches, as GitLab has it.
 */
export class PathIndex {
  private readonly sorted: readonly string[];
  private readonly known: ReadonlySet<string>;
  private readonly answers = new Map<string, boolean>();
  private stepsLeft: number = limits.globSteps;
  private topLevel: number | undefined;

  constructor(paths: readonly string[]) {
    this.known = new Set(paths);
    this.sorted = [...this.known].sort();
  }

  get all(): readonly string[] {
    return this.sorted;
  }

  /** Whether any path matches any of the globs. */
  anyGlob(patterns: readonly string[]): boolean {
    if (patterns.length * this.sorted.length > limits.globComparisons) return true;
    return patterns.some((pattern) => this.answer(pattern, () => this.search(pattern)));
  }

  /**
   * As `anyGlob`, with the rules of `exists`: a plain name is looked up and one that ends in a slash is a
   * folder, neither of which counts for the bound; nor do the files of folders when no pattern looks into one.
   */
  anyExists(patterns: readonly string[]): boolean {
    const globs = patterns.filter((pattern) => WILDCARD.test(pattern));
    if (patterns.some((pattern) => !WILDCARD.test(pattern) && this.isThere(pattern))) return true;
    const others = globs.filter((pattern) => !ANY_WITH_EXTENSION.test(pattern));
    const looksInside = patterns.some((pattern) => pattern.includes('/') || pattern.includes('**'));
    const listed = looksInside ? this.sorted.length : this.topLevelCount;
    if (others.length * listed > limits.globComparisons) return true;
    return globs.some((pattern) => this.answer(pattern, () => this.search(pattern)));
  }

  private isThere(name: string): boolean {
    return name.endsWith('/') ? this.starting(name).length > 0 : this.known.has(name);
  }

  private get topLevelCount(): number {
    return (this.topLevel ??= this.sorted.filter((path) => !path.includes('/')).length);
  }

  /** Whether any path fits a regular expression. */
  anyRegexp(expression: string): boolean {
    if (this.sorted.length > limits.globComparisons) return true;
    return this.answer(`/${expression}/`, () => searchPaths(expression, this.sorted));
  }

  private answer(key: string, find: () => boolean): boolean {
    const known = this.answers.get(key);
    if (known !== undefined) return known;
    const found = find();
    this.answers.set(key, found);
    return found;
  }

  private search(pattern: string): boolean {
    if (!WILDCARD.test(pattern) && !pattern.includes('\\')) return this.known.has(pattern);
    const glob = compileGlob(pattern);
    for (const path of this.starting(literalStart(pattern))) {
      this.stepsLeft -= path.length * Math.min(pattern.length, 100);
      if (this.stepsLeft < 0 || glob.matches(path)) return true;
    }
    return false;
  }

  /** The paths that begin with a text, found by halving. */
  private starting(prefix: string): readonly string[] {
    if (prefix === '') return this.sorted;
    let from = firstFrom(this.sorted, prefix);
    const start = from;
    while (from < this.sorted.length && (this.sorted[from] ?? '').startsWith(prefix)) from += 1;
    return this.sorted.slice(start, from);
  }
}

const WILDCARD = /[*?[{]/;
const ANY_WITH_EXTENSION = /^\*\*\/\*\.[^/*?[{]+$/;

function literalStart(pattern: string): string {
  return pattern.slice(0, Math.max(0, pattern.search(/[*?[{\\]/)));
}

function firstFrom(sorted: readonly string[], wanted: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
