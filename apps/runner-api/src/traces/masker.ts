import type { SecretForms } from './secret-forms.js';

/** What is known of the end of a log, to find secrets that go on in its next chunk. */
export interface LogTail {
  /** The last bytes as they were sent, where they could be the beginning of a secret; empty mostly. */
  readonly context: Buffer;
  /** How many of them, at the end, nobody is shown yet. */
  readonly hidden: number;
}

export interface MaskedChunk {
  /** What may be shown now: what was hidden before and what came, without what is hidden now. */
  readonly shown: Buffer;
  readonly tail: LogTail;
}

export const noTail: LogTail = { context: Buffer.alloc(0), hidden: 0 };

/** So much of a secret may be seen until the rest comes: every `g` would be held back otherwise. */
const givenAwayMax = 3;
const mark = Buffer.from('[MASKED]');
const filler = '*'.charCodeAt(0);
const lineFeed = 10;
const carriageReturn = 13;
const breaksMax = 64;

interface Range {
  first: number;
  end: number;
}

/**
 * Hides secrets in a log, chunk by chunk, by as many bytes as they had: offsets stay what its runner counts. States:
 * what may be the beginning of a secret at the end of a chunk is kept from view until the next chunk shows what it is.
 */
export class Masker {
  constructor(private readonly forms: SecretForms) {}

  mask(before: LogTail, chunk: Buffer): MaskedChunk {
    const text = before.context.length === 0 ? chunk : Buffer.concat([before.context, chunk]);
    const unbroken = withoutBreaks(text);
    const found = [...this.findPlain(text), ...this.findBase64(unbroken)];
    const context = this.contextFrom(text, unbroken, found);
    const from = before.context.length - before.hidden;
    const hides = text.length - context > givenAwayMax + countBreaks(text, context);
    const end = hides ? Math.max(context, from) : text.length;
    const shown = found.length === 0 ? text.subarray(from, end) : covered(text, found, from, end);
    return { shown, tail: { context: text.subarray(context), hidden: text.length - end } };
  }

  private findPlain(text: Buffer): Range[] {
    return this.forms.plain.flatMap((form) => occurrences(text, form));
  }

  private findBase64(unbroken: Unbroken): Range[] {
    return this.forms.base64
      .flatMap((form) => occurrences(unbroken.bytes, form))
      .map(({ first, end }) => ({ first: unbroken.place(first), end: unbroken.place(end - 1) + 1 }));
  }

  /** Where the end of the text begins that could go on as a secret; the text's length if it cannot. */
  private contextFrom(text: Buffer, unbroken: Unbroken, found: readonly Range[]): number {
    const inside = (at: number) => found.some(({ first, end }) => first < at && at < end);
    let from = text.length;
    for (const form of this.forms.plain) {
      for (const at of beginnings(text, form)) if (at < from && !inside(at)) from = at;
    }
    for (const form of this.forms.base64) {
      for (const start of beginnings(unbroken.bytes, form)) {
        const at = unbroken.place(start);
        if (at < from && !inside(at) && countBreaks(text, at) <= breaksMax) from = at;
      }
    }
    return from;
  }
}

interface Unbroken {
  bytes: Buffer;
  /** Where a byte of it stands in the text. */
  place(index: number): number;
}

/** The text without its line breaks. */
function withoutBreaks(text: Buffer): Unbroken {
  if (!text.includes(lineFeed) && !text.includes(carriageReturn)) return { bytes: text, place: (index) => index };
  const bytes = Buffer.allocUnsafe(text.length);
  const places = new Uint32Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at] as number;
    if (byte === lineFeed || byte === carriageReturn) continue;
    bytes[length] = byte;
    places[length] = at;
    length += 1;
  }
  return { bytes: bytes.subarray(0, length), place: (index) => places[index] ?? text.length };
}

function occurrences(text: Buffer, form: Buffer): Range[] {
  const found: Range[] = [];
  for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + form.length)) {
    found.push({ first: at, end: at + form.length });
  }
  return found;
}

/** Where the end of a text is the beginning, and not the whole, of a form. */
function beginnings(text: Buffer, form: Buffer): number[] {
  const found: number[] = [];
  const first = form[0] as number;
  for (
    let at = text.indexOf(first, Math.max(0, text.length - form.length + 1));
    at !== -1;
    at = text.indexOf(first, at + 1)
  ) {
    const length = text.length - at;
    if (text.compare(form, 0, length, at) === 0) found.push(at);
  }
  return found;
}

/** The bytes from `from` to `end`, with what was found made unreadable; line breaks stay where they are. */
function covered(text: Buffer, found: readonly Range[], from: number, end: number): Buffer {
  const copy = Buffer.from(text.subarray(from, end));
  for (const range of found) {
    const [first, last] = [Math.max(range.first, from), Math.min(range.end, end)];
    const marked = range.first >= from && range.end <= end && range.end - range.first >= mark.length;
    for (let at = first; at < last; at += 1) {
      const byte = text[at];
      if (byte === lineFeed || byte === carriageReturn) continue;
      copy[at - from] = (marked && mark[at - first]) || filler;
    }
  }
  return copy;
}

function countBreaks(text: Buffer, from: number): number {
  let count = 0;
  for (let at = from; at < text.length; at += 1) if (text[at] === lineFeed || text[at] === carriageReturn) count += 1;
  return count;
}
