/** A part of a Ruby regular expression. Matching is in `ruby-regexp.ts`. */
export type Part =
  | { kind: 'char'; test: (char: string) => boolean }
  | { kind: 'anchor'; where: Anchor }
  | { kind: 'all'; parts: readonly Part[] }
  | { kind: 'any'; choices: readonly Part[] }
  | { kind: 'group'; part: Part; number: number }
  | { kind: 'again'; name: string | number; ignoreCase: boolean }
  | { kind: 'look'; part: Part; behind: boolean; wanted: boolean }
  | { kind: 'atomic'; part: Part }
  | { kind: 'repeat'; part: Part; min: number; max: number; lazy: boolean };

export type Anchor = 'start' | 'end' | 'lineStart' | 'lineEnd' | 'beforeLastBreak' | 'wordEdge' | 'notWordEdge';

export interface ParsedRegexp {
  readonly part: Part;
  readonly names: ReadonlyMap<string, number>;
}

interface Flags {
  readonly ignoreCase: boolean;
  readonly dotAll: boolean;
  readonly extended: boolean;
}

const POSIX: Record<string, RegExp> = {
  alnum: /[\p{L}\p{N}]/u,
  alpha: /\p{L}/u,
  blank: /[ \t]/,
  cntrl: /\p{Cc}/u,
  digit: /\d/,
  graph: /[^\s\p{Cc}]/u,
  lower: /\p{Ll}/u,
  print: /\P{Cc}/u,
  punct: /[\p{P}\p{S}]/u,
  space: /\s/,
  upper: /\p{Lu}/u,
  word: /[\p{L}\p{N}_]/u,
  xdigit: /[0-9a-fA-F]/,
};
const CLASSES: Record<string, RegExp> = { d: /\d/, w: /\w/, s: /\s/, h: /[0-9a-fA-F]/ };
const CONTROL: Record<string, string> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', e: '\u001b', a: '\u0007' };
const ANCHORS = { A: 'start', z: 'end', Z: 'beforeLastBreak', b: 'wordEdge', B: 'notWordEdge' } as const;
const REPEATS_MAX = 1_000;

export class RegexpFault extends Error {}

/** Parses a Ruby expression. @throws RegexpFault for what is none, or is not known here */
export function parseRubyRegexp(source: string): ParsedRegexp {
  return new Parser([...source]).whole();
}

class Parser {
  private at = 0;
  private groups = 0;
  private depth = 0;
  private readonly names = new Map<string, number>();

  constructor(private readonly chars: readonly string[]) {}

  whole(): ParsedRegexp {
    const part = this.choices({ ignoreCase: false, dotAll: false, extended: false });
    if (this.at < this.chars.length) throw new RegexpFault('a `)` too many');
    return { part, names: this.names };
  }

  private get char(): string | undefined {
    return this.chars[this.at];
  }

  private take(text: string): boolean {
    if (!this.sees(text)) return false;
    this.at += text.length;
    return true;
  }

  private sees(text: string): boolean {
    return [...text].every((char, index) => this.chars[this.at + index] === char);
  }

  private until(end: string): string {
    const start = this.at;
    while (this.char !== undefined && !this.sees(end)) this.at += 1;
    const text = this.chars.slice(start, this.at).join('');
    if (!this.take(end)) throw new RegexpFault(`\`${end}\` is missing`);
    return text;
  }

  private choices(flags: Flags): Part {
    if (++this.depth > 100) throw new RegexpFault('it is nested too deeply');
    const choices: Part[] = [];
    do choices.push(this.sequence(flags));
    while (this.take('|'));
    this.depth -= 1;
    return choices.length === 1 ? (choices[0] as Part) : { kind: 'any', choices };
  }

  private sequence(flags: Flags): Part {
    const parts: Part[] = [];
    while (this.char !== undefined && this.char !== '|' && this.char !== ')') {
      if (flags.extended && /\s/.test(this.char)) this.at += 1;
      else {
        const set = this.flagsAlone(flags);
        // `(?i)` holds to the end of its group, across the bars in between.
        if (set) parts.push(this.choices(set));
        else parts.push(this.repeated(this.atom(flags)));
      }
    }
    return { kind: 'all', parts };
  }

  private flagsAlone(flags: Flags): Flags | null {
    const match = /^\(\?([imx]*)(?:-([imx]+))?\)/.exec(this.chars.slice(this.at, this.at + 12).join(''));
    if (match === null) return null;
    this.at += match[0].length;
    return changed(flags, match[1] ?? '', match[2] ?? '');
  }

  private atom(flags: Flags): Part {
    const char = this.char ?? '';
    this.at += 1;
    switch (char) {
      case '(':
        return this.group(flags);
      case '[':
        return { kind: 'char', test: folded(this.set(), flags) };
      case '.':
        return { kind: 'char', test: (one) => flags.dotAll || one !== '\n' };
      case '^':
        return { kind: 'anchor', where: 'lineStart' };
      case '$':
        return { kind: 'anchor', where: 'lineEnd' };
      case '\\':
        return this.escape(flags);
      case '*':
      case '+':
      case '?':
        throw new RegexpFault(`\`${char}\` has nothing to repeat`);
      default:
        return literal(char, flags);
    }
  }

  private group(flags: Flags): Part {
    if (!this.take('?')) return this.closed(flags, this.capture());
    if (this.take('#')) {
      this.until(')');
      return { kind: 'all', parts: [] };
    }
    if (this.take(':')) return this.closed(flags);
    if (this.take('>')) return { kind: 'atomic', part: this.closed(flags) };
    for (const [written, behind, wanted] of LOOKS) {
      if (this.take(written)) return { kind: 'look', part: this.closed(flags), behind, wanted };
    }
    if (this.take('<')) return this.closed(flags, this.capture(this.until('>')));
    const match = /^([imx]*)(?:-([imx]+))?:/.exec(this.chars.slice(this.at, this.at + 12).join(''));
    if (match === null) throw new RegexpFault('a kind of group that is not known');
    this.at += match[0].length;
    return this.closed(changed(flags, match[1] ?? '', match[2] ?? ''));
  }

  private capture(name?: string): number {
    this.groups += 1;
    if (name !== undefined) this.names.set(name, this.groups);
    return this.groups;
  }

  private closed(flags: Flags, number?: number): Part {
    const part = this.choices(flags);
    if (!this.take(')')) throw new RegexpFault('`)` is missing');
    return number === undefined ? part : { kind: 'group', part, number };
  }

  private escape(flags: Flags): Part {
    const char = this.char;
    if (char === undefined) throw new RegexpFault('it ends in `\\`');
    if (Object.hasOwn(ANCHORS, char)) {
      this.at += 1;
      return { kind: 'anchor', where: ANCHORS[char as keyof typeof ANCHORS] };
    }
    if (/[1-9]/.test(char)) {
      this.at += 1;
      return { kind: 'again', name: Number(char), ignoreCase: flags.ignoreCase };
    }
    if (this.take('k<')) return { kind: 'again', name: this.until('>'), ignoreCase: flags.ignoreCase };
    const test = this.escaped();
    return { kind: 'char', test: folded(test, flags) };
  }

  /** What may follow a backslash in and out of a set. */
  private escaped(): (char: string) => boolean {
    const char = this.char ?? '';
    this.at += 1;
    const known = Object.hasOwn(CLASSES, char.toLowerCase()) ? CLASSES[char.toLowerCase()] : undefined;
    if (known) return char === char.toLowerCase() ? (one) => known.test(one) : (one) => !known.test(one);
    if (char === 'p' || char === 'P') return this.property(char === 'P');
    if (/[A-Za-z0-9]/.test(char) && !Object.hasOwn(CONTROL, char)) throw new RegexpFault(`\`\\${char}\` is not known`);
    const meant = CONTROL[char] ?? char;
    return (one) => one === meant;
  }

  private property(negated: boolean): (char: string) => boolean {
    if (!this.take('{')) throw new RegexpFault('`{` is missing');
    const name = this.until('}');
    const plain = name.replace(/^\^/, '').toLowerCase();
    const known = Object.hasOwn(POSIX, plain) ? POSIX[plain] : undefined;
    if (!known) throw new RegexpFault(`the property \`${name}\` is not known`);
    const not = negated !== name.startsWith('^');
    return (one) => known.test(one) !== not;
  }

  private set(): (char: string) => boolean {
    const negated = this.take('^');
    const tests: ((char: string) => boolean)[] = [];
    do tests.push(this.member());
    while (this.char !== undefined && this.char !== ']' && !this.sees('&&'));
    if (this.take('&&')) throw new RegexpFault('`&&` in a set is not known');
    if (!this.take(']')) throw new RegexpFault('`]` is missing');
    return (one) => tests.some((test) => test(one)) !== negated;
  }

  private member(): (char: string) => boolean {
    if (this.take('[:')) {
      const name = this.until(':]');
      const known = POSIX[name.replace(/^\^/, '')];
      if (!known) throw new RegexpFault(`the class \`${name}\` is not known`);
      return (one) => known.test(one) !== name.startsWith('^');
    }
    if (this.take('[')) return this.set();
    if (this.take('\\')) return this.escaped();
    const from = this.char ?? '';
    this.at += 1;
    const to = this.chars[this.at + 1];
    if (this.char !== '-' || to === undefined || to === ']' || to === '[' || to === '\\') return (one) => one === from;
    this.at += 2;
    if (to < from) throw new RegexpFault(`the range \`${from}-${to}\` is empty`);
    return (one) => one >= from && one <= to;
  }

  private repeated(part: Part): Part {
    const bounds = this.bounds();
    if (bounds === null) return part;
    const [min, max] = bounds;
    if (this.take('+')) return { kind: 'atomic', part: { kind: 'repeat', part, min, max, lazy: false } };
    return this.repeated({ kind: 'repeat', part, min, max, lazy: this.take('?') });
  }

  private bounds(): [number, number] | null {
    if (this.take('*')) return [0, Infinity];
    if (this.take('+')) return [1, Infinity];
    if (this.take('?')) return [0, 1];
    const match = /^\{(\d*)(,?)(\d*)\}/.exec(this.chars.slice(this.at, this.at + 16).join(''));
    if (match === null || (match[1] === '' && match[3] === '')) return null;
    this.at += match[0].length;
    const min = Number(match[1]);
    const max = match[2] === '' ? min : match[3] === '' ? Infinity : Number(match[3]);
    if (min > REPEATS_MAX || (max !== Infinity && max > REPEATS_MAX) || max < min)
      throw new RegexpFault(`\`${match[0]}\` is no number of times`);
    return [min, max];
  }
}

const LOOKS = [
  ['=', false, true],
  ['!', false, false],
  ['<=', true, true],
  ['<!', true, false],
] as const;

function changed(flags: Flags, on: string, off: string): Flags {
  const value = (letter: string, before: boolean) => (off.includes(letter) ? false : on.includes(letter) || before);
  return {
    ignoreCase: value('i', flags.ignoreCase),
    dotAll: value('m', flags.dotAll),
    extended: value('x', flags.extended),
  };
}

function literal(char: string, flags: Flags): Part {
  return { kind: 'char', test: folded((one) => one === char, flags) };
}

function folded(test: (char: string) => boolean, flags: Flags): (char: string) => boolean {
  return flags.ignoreCase ? (one) => test(one) || test(one.toLowerCase()) || test(one.toUpperCase()) : test;
}
