const DEFAULT_TOKEN_PREFIXES = [
  'glpat-',
  'gloas-',
  'gldt-',
  'glrt-',
  'glcbt-',
  'glrtr-',
  'glptt-',
  'glft-',
  'glimt-',
  'glagent-',
  'glsoat-',
  'glffct-',
  'gltok-',
  '_gitlab_session=',
];
const MASK = '[MASKED]';
const TOKEN_CHARACTER = /[A-Za-z0-9._=-]/;

/**
 * Hides secret values and everything behind a token prefix, also where a secret is split over
 * several writes: text that could still become a secret is held back until the next write tells.
 */
export class LogMasker {
  private readonly values: string[];
  private readonly prefixes: string[];
  private readonly firstCharacters: Set<string>;
  private held = '';
  private insideToken = false;

  constructor(secrets: Iterable<string>, prefixes: Iterable<string> = []) {
    const longestFirst = (texts: Iterable<string>) =>
      [...new Set(texts)].filter((text) => text !== '').sort((a, b) => b.length - a.length);
    this.values = longestFirst([...secrets].map((secret) => secret.trim()));
    this.prefixes = longestFirst([...DEFAULT_TOKEN_PREFIXES, ...prefixes]);
    this.firstCharacters = new Set([...this.values, ...this.prefixes].map((text) => text[0] as string));
  }

  /** Takes text and gives back what is safe to show now. */
  write(text: string): string {
    return this.scan(this.held + text, false);
  }

  /** Gives back what was held; call it once, when nothing more comes. */
  end(): string {
    return this.scan(this.held, true);
  }

  private scan(text: string, last: boolean): string {
    let shown = '';
    let at = 0;
    this.held = '';
    while (at < text.length) {
      const character = text[at] as string;
      if (this.insideToken) {
        if (TOKEN_CHARACTER.test(character)) at += 1;
        else this.insideToken = false;
        continue;
      }
      if (!this.firstCharacters.has(character)) {
        shown += character;
        at += 1;
        continue;
      }
      if (!last && this.couldStillMatch(text, at)) {
        this.held = text.slice(at);
        break;
      }
      const found = this.matchAt(text, at);
      shown += found?.shown ?? character;
      at += found?.length ?? 1;
    }
    return shown;
  }

  private couldStillMatch(text: string, at: number): boolean {
    const rest = text.length - at;
    const tail = text.slice(at);
    const candidate = (secret: string) => secret.length > rest && secret.startsWith(tail);
    return this.values.some(candidate) || this.prefixes.some(candidate);
  }

  private matchAt(text: string, at: number): { shown: string; length: number } | undefined {
    const value = this.values.find((secret) => text.startsWith(secret, at));
    if (value !== undefined) return { shown: MASK, length: value.length };
    const prefix = this.prefixes.find((start) => text.startsWith(start, at));
    if (prefix === undefined) return undefined;
    this.insideToken = true;
    return { shown: prefix + MASK, length: prefix.length };
  }
}
