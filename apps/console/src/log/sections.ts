/** A part of a log that the runner, or a script, has given a name. */
export interface Section {
  readonly name: string;
  /** Line that holds its header. */
  readonly firstLine: number;
  /** Its last line; null while it is open. */
  readonly lastLine: number | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly collapsed: boolean;
  readonly depth: number;
}

/** One marker of a line, in the order in which they stand. */
export interface Marker {
  readonly kind: 'start' | 'end';
  /** Unix seconds, as the runner wrote them. */
  readonly at: number;
  readonly name: string;
  readonly collapsed: boolean;
  /** Whether text of the line stands before the marker. */
  readonly afterText: boolean;
}

/**
 * `ESC[0K section_start:UNIX:NAME[options] CR ESC[0K`. A name with any other character is no marker:
 * the text then stays as it is, as text.
 */
const markers =
  // oxlint-disable-next-line no-control-regex -- escape and carriage return are part of the marker
  /(?:\u001b\[0K)?section_(start|end):([0-9]{1,12}):([A-Za-z0-9_.-]{1,100})(\[[^\]\r\n]{0,200}\])?\r\u001b\[0K/g;

/** Takes the section markers out of a line. Done before colours are looked at: the marker ends in a CR. */
export function takeMarkers(line: string): { text: string; markers: Marker[] } {
  const found: Marker[] = [];
  let text = '';
  let at = 0;
  for (const match of line.matchAll(markers)) {
    text += line.slice(at, match.index);
    at = match.index + match[0].length;
    found.push({
      kind: match[1] === 'start' ? 'start' : 'end',
      at: Number(match[2]),
      name: match[3] ?? '',
      collapsed: /\bcollapsed=true\b/.test(match[4] ?? ''),
      afterText: text !== '',
    });
  }
  return { text: text + line.slice(at), markers: found };
}

/** So many sections are kept of one log; more are plain lines. */
export const sectionsMax = 2000;

/** The sections of a log, built up line by line. */
export class Sections {
  readonly list: Section[] = [];
  private open: number[] = [];

  /** Lines must come in order. */
  add(line: number, found: readonly Marker[]): void {
    for (const marker of found) {
      if (marker.kind === 'start') this.start(line, marker);
      else this.end(line, marker);
    }
  }

  private start(line: number, marker: Marker): void {
    if (this.list.length >= sectionsMax) return;
    this.open.push(this.list.length);
    this.list.push({
      name: marker.name,
      firstLine: line,
      lastLine: null,
      startedAt: marker.at,
      endedAt: null,
      collapsed: marker.collapsed,
      depth: this.open.length - 1,
    });
  }

  /** Ends the innermost open section of that name, and with it what was left open inside. */
  private end(line: number, marker: Marker): void {
    const place = this.open.findLastIndex((index) => this.list[index]?.name === marker.name);
    if (place < 0) return;
    for (const index of this.open.splice(place)) {
      const section = this.list[index];
      if (!section) continue;
      const last = marker.afterText ? line : line - 1;
      this.list[index] = { ...section, lastLine: Math.max(section.firstLine, last), endedAt: marker.at };
    }
  }
}

/** A run of lines that is shown. */
interface Run {
  readonly firstLine: number;
  readonly firstRow: number;
  readonly count: number;
}

/** Which line stands in which row when some sections are folded. */
export class Rows {
  private readonly runs: Run[] = [];
  readonly count: number;

  constructor(lineCount: number, sections: readonly Section[], folded: ReadonlySet<number>) {
    let line = 0;
    let row = 0;
    const hidden = sections
      .map((section) => ({ header: section.firstLine, last: section.lastLine ?? lineCount - 1 }))
      .filter((range) => folded.has(range.header) && range.last > range.header)
      .sort((a, b) => a.header - b.header);
    for (const range of hidden) {
      if (range.last < line) continue;
      if (range.header >= line) row = this.show(line, range.header + 1 - line, row);
      line = range.last + 1;
    }
    this.count = this.show(line, lineCount - line, row);
  }

  /** The line in a row; rows past the end give the last line. */
  lineAt(row: number): number {
    const run = this.runs.findLast((candidate) => candidate.firstRow <= row);
    return run ? run.firstLine + Math.min(row - run.firstRow, run.count - 1) : 0;
  }

  /** The row of a line; of a hidden line, the row above it. */
  rowOf(line: number): number {
    const run = this.runs.findLast((candidate) => candidate.firstLine <= line);
    return run ? run.firstRow + Math.min(line - run.firstLine, run.count - 1) : 0;
  }

  private show(line: number, count: number, row: number): number {
    if (count <= 0) return row;
    this.runs.push({ firstLine: line, firstRow: row, count });
    return row + count;
  }
}
