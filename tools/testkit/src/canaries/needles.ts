/** A text that must not be found, and what it is, for the report. */
export interface Canary {
  name: string;
  text: string;
}

export interface Needle {
  canary: Canary;
  /** How the text was written: plain, hex, base64, URL. */
  form: string;
  bytes: string;
}

/** Shorter pieces would be found by chance. */
const shortest = 8;

/**
 * Every way in which a canary may be written down. Base64 of a text depends on where in the encoded
 * stream it starts, so each of the three alignments is a needle, without the characters that its
 * neighbours decide.
 */
export function needlesFor(canaries: readonly Canary[]): Needle[] {
  return canaries.flatMap((canary) => {
    const bytes = Buffer.from(canary.text, 'utf8');
    const forms: [string, string][] = [
      ['plain', bytes.toString('latin1')],
      ['hex', bytes.toString('hex')],
      ['HEX', bytes.toString('hex').toUpperCase()],
      ['URL', encodeURIComponent(canary.text)],
      ['JSON', JSON.stringify(canary.text).slice(1, -1)],
      ...[0, 1, 2].flatMap((shift): [string, string][] => {
        const text = base64At(bytes, shift);
        return [
          ['base64', text],
          ['base64url', text.replaceAll('+', '-').replaceAll('/', '_')],
        ];
      }),
    ];
    const seen = new Set<string>();
    return forms
      .filter(([, text]) => text.length >= shortest && !seen.has(text) && seen.add(text))
      .map(([form, text]) => ({ canary, form, bytes: text }));
  });
}

function base64At(bytes: Buffer, shift: number): string {
  const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const start = shift === 0 ? 0 : shift + 1;
  const spare = (shift + bytes.length) % 3;
  return encoded.slice(start, spare === 0 ? undefined : -1);
}

/** Finds needles in bytes, looking at each position once. */
export class NeedleFinder {
  private readonly byStart = new Map<string, Needle[]>();

  constructor(needles: readonly Needle[]) {
    for (const needle of needles) {
      const start = needle.bytes.slice(0, shortest);
      const same = this.byStart.get(start);
      if (same) same.push(needle);
      else this.byStart.set(start, [needle]);
    }
  }

  find(bytes: Buffer): Needle[] {
    const text = bytes.toString('latin1');
    const found = new Set<Needle>();
    for (let at = 0; at + shortest <= text.length; at += 1) {
      const candidates = this.byStart.get(text.substring(at, at + shortest));
      if (!candidates) continue;
      for (const needle of candidates) if (text.startsWith(needle.bytes, at)) found.add(needle);
    }
    return [...found];
  }
}
