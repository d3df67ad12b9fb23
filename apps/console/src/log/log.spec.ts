import { describe, expect, it } from '@jest/globals';

import { applySgr, parseAnsi, plainStyle, spansPerLineMax } from './ansi.js';
import { lineCharactersMax, LogBuffer } from './log-buffer.js';
import { Rows, takeMarkers } from './sections.js';

const bytes = (text: string) => new TextEncoder().encode(text);

function filled(...parts: string[]): LogBuffer {
  const buffer = new LogBuffer();
  for (const part of parts) buffer.append(bytes(part));
  return buffer;
}

const texts = (buffer: LogBuffer) =>
  Array.from({ length: buffer.lineCount }, (_, i) =>
    buffer
      .line(i)
      .spans.map((span) => span.text)
      .join(''),
  );

describe('colours of a log', () => {
  it('become runs of text with a style', () => {
    const { spans, after } = parseAnsi('a\u001b[31;1mred\u001b[0m b\u001b[4mlast', plainStyle);
    expect(spans).toEqual([
      { text: 'a', style: {} },
      { text: 'red', style: { foreground: 1, bold: true } },
      { text: ' b', style: {} },
      { text: 'last', style: { underline: true } },
    ]);
    expect(after).toEqual({ underline: true });
  });

  it.each([
    ['38;5;9', { foreground: 9 }],
    ['38;5;196', { foreground: '#ff0000' }],
    ['48;2;1;2;255', { background: '#0102ff' }],
    ['38;5', {}],
    ['38;2;300;0;0', {}],
    ['97;101', { foreground: 15, background: 9 }],
    ['', {}],
    ['999', {}],
  ])('reads the code %s', (code, style) => {
    expect(applySgr(code, plainStyle)).toEqual(style);
  });

  it('keep at most two thousand runs in a line and all of its text', () => {
    const line = Array.from({ length: 10_000 }, (_, i) => `\u001b[3${i % 8}mx`).join('');
    const { spans } = parseAnsi(line, plainStyle);
    expect(spans).toHaveLength(spansPerLineMax);
    expect(spans.map((span) => span.text).join('')).toBe('x'.repeat(10_000));
  });

  it('leave of a link its text alone', () => {
    const { spans } = parseAnsi('see \u001b]8;;javascript:alert(1)\u0007here\u001b]8;;\u0007!', plainStyle);
    expect(spans).toEqual([{ text: 'see here!', style: {} }]);
  });

  it('cannot hide text behind an operating system command that does not end', () => {
    expect(parseAnsi('a\u001b]0;title and more', plainStyle).spans).toEqual([
      { text: 'a]0;title and more', style: {} },
    ]);
  });

  it('drop cursor movements and erasures', () => {
    expect(parseAnsi('kept\u001b[1A\u001b[2K\u001b[0Ktoo', plainStyle).spans).toEqual([{ text: 'kepttoo', style: {} }]);
  });

  it('show controls and direction overrides as pictures', () => {
    expect(parseAnsi('a\u0000b\u202Ec\u2066d\u007f', plainStyle).spans[0]?.text).toBe('a\u2400b\ufffdc\ufffdd\u2421');
  });
});

describe('section markers', () => {
  it('are taken out of the line, a start after an end on the same line too', () => {
    const line = '\u001b[0Ksection_end:17:a\r\u001b[0K\u001b[0Ksection_start:18:b.c-1[collapsed=true]\r\u001b[0KHeader';
    expect(takeMarkers(line)).toEqual({
      text: 'Header',
      markers: [
        { kind: 'end', at: 17, name: 'a', collapsed: false, afterText: false },
        { kind: 'start', at: 18, name: 'b.c-1', collapsed: true, afterText: false },
      ],
    });
  });

  it.each(['2<script>', 'a b', 'x'.repeat(101), ''])('with the name "%s" are plain text', (name) => {
    const line = `\u001b[0Ksection_end:1:${name}\r\u001b[0K`;
    expect(takeMarkers(line)).toEqual({ text: line, markers: [] });
  });

  it('make sections with their lines, in runs that may be folded', () => {
    const log = filled(
      'first\n\u001b[0Ksection_start:10:outer\r\u001b[0KOuter\nx\n',
      '\u001b[0Ksection_start:11:inner\r\u001b[0KInner\ny\n\u001b[0Ksection_end:12:inner\r\u001b[0Kz\n',
      '\u001b[0Ksection_end:15:outer\r\u001b[0K\nlast\n',
    );
    expect(texts(log)).toEqual(['first', 'Outer', 'x', 'Inner', 'y', 'z', '', 'last']);
    expect(log.sections).toMatchObject([
      { name: 'outer', firstLine: 1, lastLine: 5, startedAt: 10, endedAt: 15, depth: 0 },
      { name: 'inner', firstLine: 3, lastLine: 4, startedAt: 11, endedAt: 12, depth: 1 },
    ]);
    const rows = new Rows(log.lineCount, log.sections, new Set([1, 3]));
    expect(Array.from({ length: rows.count }, (_, row) => rows.lineAt(row))).toEqual([0, 1, 6, 7]);
    expect(rows.rowOf(4)).toBe(1);
    expect(rows.rowOf(7)).toBe(3);
    const inner = new Rows(log.lineCount, log.sections, new Set([3]));
    expect(Array.from({ length: inner.count }, (_, row) => inner.lineAt(row))).toEqual([0, 1, 2, 3, 5, 6, 7]);
  });
});

describe('a log that arrives in pieces', () => {
  const whole =
    '2026-11-24T15:00:00.123456Z 00O Running with a runner\n' +
    '2026-11-24T15:00:01.123456Z 01O \u001b[32mcompiling \n' +
    '2026-11-24T15:00:02.123456Z 01O+ü done\n' +
    'no stamp\r\n' +
    '10%\r50%\r100%\n' +
    '\u001b[0Ksection_start:1:s\r\u001b[0Khead\n' +
    'tail';
  const lines = ['Running with a runner', 'compiling ü done', 'no stamp', '100%', 'head', 'tail'];

  it.each([1, 2, 3, 7, 31, 32, 33, 64, 1000])('reads the same in pieces of %d bytes', (size) => {
    const all = bytes(whole);
    const log = new LogBuffer();
    for (let at = 0; at < all.length; at += size) log.append(all.subarray(at, at + size));
    expect(texts(log)).toEqual(lines);
    expect(log.sections.map((section) => section.firstLine)).toEqual([4]);
    expect(log.size).toBe(all.length);
  });

  it('keeps the time of each line beside it', () => {
    const log = filled(whole);
    expect(log.line(0).time).toBe('2026-11-24T15:00:00.123456Z');
    expect(log.line(2).time).toBeNull();
  });

  it('keeps a colour until it is reset, over lines', () => {
    const log = filled('a\u001b[31m\nb\n', 'c\n\u001b[0md\ne\n');
    const styles = [0, 1, 2, 3, 4].map((i) => log.line(i).spans[0]?.style);
    expect(styles).toEqual([{}, { foreground: 1 }, { foreground: 1 }, {}, {}]);
  });

  it('shows the line that is not finished yet', () => {
    const log = filled('done\nhalf');
    expect(texts(log)).toEqual(['done', 'half']);
    log.append(bytes(' a line\n'));
    expect(texts(log)).toEqual(['done', 'half a line']);
  });

  it('says how much of a very long line is not shown', () => {
    const log = filled(`${'x'.repeat(lineCharactersMax + 5)}\n`);
    expect(log.line(0).cut).toBe(5);
    expect(log.line(0).spans[0]?.text).toHaveLength(lineCharactersMax);
  });

  it('shows a marker with a name that is none, whatever escapes come after it', () => {
    expect(texts(filled('section_end:1:2<script>x</script>\r\u001b[0K\n'))).toEqual([
      'section_end:1:2<script>x</script>',
    ]);
  });

  it('copies lines without numbers and colours', () => {
    expect(filled('a\n\u001b[31mb\u001b[0m\nc\n').plainText(0, 1)).toBe('a\nb');
  });

  it('takes ten megabytes in windows', () => {
    const log = new LogBuffer();
    const window = bytes('\u001b[32mok\u001b[0m some line of a build that says what it does\n'.repeat(20_000));
    for (let i = 0; i < 10; i += 1) log.append(window);
    expect(log.lineCount).toBe(200_000);
    expect(log.line(199_999).spans[0]?.text).toBe('ok');
  });
});
