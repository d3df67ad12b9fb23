import { parseRubyRegexp, RegexpFault, type Anchor, type ParsedRegexp, type Part } from './ruby-regexp-parser.js';

/** Matching went on for too long; counted in steps, so that the verdict is the same on every machine. */
export class TooManySteps extends Error {}

export interface Steps {
  left: number;
}

/** A Ruby expression that RE2 cannot have: look-around, back references, atomic groups. */
export interface RubyRegexp {
  /** Searches anywhere in the text. @throws TooManySteps */
  matches(text: string, steps: Steps): boolean;
}

/** Far beyond what may be searched with, and short enough to be parsed at once. */
const SOURCE_CHARS_MAX = 2_000;

/** Compiles a Ruby expression; null when it is none, or uses what is not known here. */
export function compileRubyRegexp(source: string): RubyRegexp | null {
  if (source.length > SOURCE_CHARS_MAX) return null;
  try {
    const parsed = parseRubyRegexp(source);
    return { matches: (text, steps) => search(parsed, [...text], steps) };
  } catch (error) {
    if (error instanceof RegexpFault) return null;
    throw error;
  }
}

function search(parsed: ParsedRegexp, text: readonly string[], steps: Steps): boolean {
  for (let start = 0; start <= text.length; start++) {
    if (new Matcher(parsed, text, steps).match(parsed.part, start, () => true)) return true;
  }
  return false;
}

type Next = (at: number) => boolean;

/** Backtracking with continuations: `next` is the rest of the expression. */
class Matcher {
  private readonly groups = new Map<number, readonly [number, number]>();

  constructor(
    private readonly parsed: ParsedRegexp,
    private readonly text: readonly string[],
    private readonly steps: Steps,
  ) {}

  match(part: Part, at: number, next: Next): boolean {
    this.steps.left -= 1;
    if (this.steps.left < 0) throw new TooManySteps();
    switch (part.kind) {
      case 'char': {
        const char = this.text[at];
        return char !== undefined && part.test(char) && next(at + 1);
      }
      case 'all':
        return this.sequence(part.parts, 0, at, next);
      case 'any':
        return part.choices.some((choice) => this.match(choice, at, next));
      case 'group':
        return this.group(part.number, part.part, at, next);
      case 'again':
        return this.again(part, at, next);
      case 'look':
        return this.look(part, at) === part.wanted && next(at);
      case 'atomic': {
        const end = this.first(part.part, at);
        return end !== -1 && next(end);
      }
      case 'repeat':
        return this.repeat(part, 0, at, next);
      case 'anchor':
        return this.holds(part.where, at) && next(at);
    }
  }

  private sequence(parts: readonly Part[], index: number, at: number, next: Next): boolean {
    const part = parts[index];
    return part === undefined ? next(at) : this.match(part, at, (end) => this.sequence(parts, index + 1, end, next));
  }

  private group(number: number, part: Part, at: number, next: Next): boolean {
    const before = this.groups.get(number);
    const matched = this.match(part, at, (end) => {
      const inner = this.groups.get(number);
      this.groups.set(number, [at, end]);
      if (next(end)) return true;
      if (inner) this.groups.set(number, inner);
      return false;
    });
    if (!matched) {
      if (before) this.groups.set(number, before);
      else this.groups.delete(number);
    }
    return matched;
  }

  private again(part: Extract<Part, { kind: 'again' }>, at: number, next: Next): boolean {
    const number = typeof part.name === 'number' ? part.name : this.parsed.names.get(part.name);
    const group = number === undefined ? undefined : this.groups.get(number);
    if (group === undefined) return false;
    const wanted = this.text.slice(...group).join('');
    const found = this.text.slice(at, at + group[1] - group[0]).join('');
    const same = part.ignoreCase ? wanted.toLowerCase() === found.toLowerCase() : wanted === found;
    return same && next(at + group[1] - group[0]);
  }

  private look(part: Extract<Part, { kind: 'look' }>, at: number): boolean {
    if (!part.behind) return this.first(part.part, at) !== -1;
    for (let start = at; start >= 0; start--) {
      if (this.match(part.part, start, (end) => end === at)) return true;
    }
    return false;
  }

  /** Where the first way to match ends, or -1. */
  private first(part: Part, at: number): number {
    let reached = -1;
    this.match(part, at, (end) => {
      reached = end;
      return true;
    });
    return reached;
  }

  private repeat(part: Extract<Part, { kind: 'repeat' }>, done: number, at: number, next: Next): boolean {
    const more = () =>
      done < part.max &&
      // A turn that takes nothing would go on for ever.
      this.match(part.part, at, (end) => (end > at || done < part.min) && this.repeat(part, done + 1, end, next));
    if (done < part.min) return more();
    return part.lazy ? next(at) || more() : more() || next(at);
  }

  private holds(where: Anchor, at: number): boolean {
    const { length } = this.text;
    switch (where) {
      case 'start':
        return at === 0;
      case 'end':
        return at === length;
      case 'beforeLastBreak':
        return at === length || (at === length - 1 && this.text[at] === '\n');
      case 'lineStart':
        return at === 0 || this.text[at - 1] === '\n';
      case 'lineEnd':
        return at === length || this.text[at] === '\n';
      case 'wordEdge':
        return this.isWord(at - 1) !== this.isWord(at);
      case 'notWordEdge':
        return this.isWord(at - 1) === this.isWord(at);
    }
  }

  private isWord(at: number): boolean {
    return /[\p{L}\p{N}_]/u.test(this.text[at] ?? '');
  }
}
