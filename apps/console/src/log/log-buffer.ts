import { parseAnsi, plainStyle, sameStyle, type Span, type Style } from './ansi.js';
import { type Section, Sections, takeMarkers } from './sections.js';

/** One line as it is shown. */
export interface LogLine {
  /** When the runner wrote it, if it says so. */
  readonly time: string | null;
  readonly spans: readonly Span[];
  /** Characters of a very long line that are not shown. */
  readonly cut: number;
}

/** A longer line is cut on the page; the raw log has it whole. */
export const lineCharactersMax = 20_000;

const newline = 0x0a;
const escape = 0x1b;
const stampLength = 32;
/** `2026-11-24T15:00:00.123456Z 01O ` before a new line, `…+` before what goes on with the line before. */
const stamp = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) [0-9a-f]{2}[OE]([ +])/;

/**
 * The bytes of a log and where its lines begin. Bytes are only appended; text, colours and markers are
 * made for the lines that somebody looks at, so that a log of many megabytes costs no more than its bytes.
 *
 * A line is never split or renumbered by what comes after it, except the last one, which may still grow.
 */
export class LogBuffer {
  private bytes = new Uint8Array(64 * 1024);
  private length = 0;
  /** Where each line begins. */
  private readonly starts: number[] = [];
  /** The last start was made before it could be seen whether it goes on with the line before. */
  private undecided = false;
  /** Lines before this one have been looked through for markers and colours. */
  private scanned = 0;
  private readonly styles: { line: number; style: Style }[] = [];
  private readonly found = new Sections();
  private readonly decoder = new TextDecoder();

  /** Bytes taken in: the offset of the next ones. */
  get size(): number {
    return this.length;
  }

  get lineCount(): number {
    return this.starts.length;
  }

  get sections(): readonly Section[] {
    return this.found.list;
  }

  append(added: Uint8Array): void {
    const from = this.length;
    this.grow(added.length);
    this.bytes.set(added, from);
    this.length += added.length;
    if (this.undecided) this.decideLast();
    this.findStarts(from);
    this.scan();
  }

  /** The line as it is shown; `index` counts from 0. */
  line(index: number): LogLine {
    const { time, text } = this.text(index);
    const cut = Math.max(0, text.length - lineCharactersMax);
    const visible = overwrite(takeMarkers(cut > 0 ? text.slice(0, lineCharactersMax) : text).text);
    return { time, spans: parseAnsi(visible, this.styleBefore(index)).spans, cut };
  }

  /** The text of lines `first` to `last` for the clipboard: no numbers, no colours. */
  plainText(first: number, last: number): string {
    const lines: string[] = [];
    for (let i = first; i <= Math.min(last, this.lineCount - 1); i += 1) {
      lines.push(
        this.line(i)
          .spans.map((span) => span.text)
          .join(''),
      );
    }
    return lines.join('\n');
  }

  private grow(by: number): void {
    if (this.length + by <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + by));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  private findStarts(from: number): void {
    if (from === 0 && this.length > 0) this.begin(0);
    let at = from > 0 && this.bytes[from - 1] === newline ? from - 1 : this.bytes.indexOf(newline, from);
    while (at >= 0 && at + 1 < this.length) {
      this.begin(at + 1);
      at = this.bytes.indexOf(newline, at + 1);
    }
  }

  private begin(start: number): void {
    if (this.undecided) this.decideLast();
    this.starts.push(start);
    this.undecided = true;
    this.decideLast();
  }

  /** A line that turns out to go on with the line before is no line of its own. */
  private decideLast(): void {
    const start = this.starts.at(-1);
    if (start === undefined) return;
    const head = this.decode(start, Math.min(start + stampLength, this.length));
    const kind = stamp.exec(head)?.[2];
    if (kind === '+' && this.starts.length > 1) this.starts.pop();
    if (kind !== undefined || !beginsLikeStamp(head)) this.undecided = false;
  }

  /** Looks through the lines that are complete, in order. Lines without an escape change nothing. */
  private scan(): void {
    const complete = this.starts.length - (this.undecided ? 2 : 1);
    const end = this.starts[complete] ?? 0;
    while (this.scanned < complete) {
      const next = this.bytes.indexOf(escape, this.starts[this.scanned] ?? 0);
      if (next < 0 || next >= end) {
        this.scanned = complete;
        return;
      }
      this.scanned = this.lineAtByte(next, this.scanned);
      this.scanLine(this.scanned);
      this.scanned += 1;
    }
  }

  private scanLine(index: number): void {
    const { text, markers } = takeMarkers(this.text(index).text);
    this.found.add(index, markers);
    const before = this.styleBefore(index);
    const { after } = parseAnsi(overwrite(text), before);
    if (!sameStyle(before, after)) this.styles.push({ line: index + 1, style: after });
  }

  private lineAtByte(byte: number, from: number): number {
    let low = from;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.starts[middle] ?? 0) <= byte) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private styleBefore(index: number): Style {
    let low = 0;
    let high = this.styles.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.styles[middle]?.line ?? 0) <= index) low = middle + 1;
      else high = middle;
    }
    return this.styles[low - 1]?.style ?? plainStyle;
  }

  private text(index: number): { time: string | null; text: string } {
    const start = this.starts[index];
    if (start === undefined) return { time: null, text: '' };
    const raw = this.decode(start, this.starts[index + 1] ?? this.length).replace(/\r?\n$/, '');
    const [first = '', ...rest] = raw.split('\n');
    const time = stamp.exec(first)?.[1] ?? null;
    const text = [first, ...rest].map((part) => (stamp.test(part) ? part.slice(stampLength) : part)).join('');
    return { time, text };
  }

  private decode(from: number, to: number): string {
    return this.decoder.decode(this.bytes.subarray(from, to));
  }
}

/** A stamp as a shape: `0` for a digit, everything else for itself; the stream's letters are not looked at. */
const stampShape = '0000-00-00T00:00:00.000000Z ';

/** Whether more bytes could still make a stamp of what a line begins with. */
function beginsLikeStamp(head: string): boolean {
  if (head.length >= stampLength || head.includes('\n')) return false;
  for (let i = 0; i < Math.min(head.length, stampShape.length); i += 1) {
    const wanted = stampShape[i];
    if (wanted === '0' ? !/\d/.test(head.charAt(i)) : head.charAt(i) !== wanted) return false;
  }
  return true;
}

/** What is left to see of a line when carriage returns have sent the cursor back to its beginning. */
function overwrite(text: string): string {
  if (!text.includes('\r')) return text;
  const parts = text.split('\r');
  // Escapes alone show nothing, so they have overwritten nothing.
  return parts.findLast((part) => parseAnsi(part, plainStyle).spans.length > 0) ?? '';
}
