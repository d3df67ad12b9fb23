import { describe, expect, it } from '@jest/globals';

import { lineHeight, lineRange, visibleLines } from './visible-lines.js';

describe('the lines of the editor', () => {
  it('are drawn near the view alone', () => {
    expect(visibleLines(30_000, 0, 400)).toEqual({ from: 1, to: 31 });
    expect(visibleLines(30_000, 1000 * lineHeight, 400)).toEqual({ from: 995, to: 1025 });
    expect(visibleLines(3, 0, 400)).toEqual({ from: 1, to: 3 });
  });

  it('are found in the text by their number', () => {
    const text = 'a:\n  b\n\nlast';
    expect([1, 2, 3, 4, 9].map((line) => lineRange(text, line))).toEqual([
      { start: 0, end: 2 },
      { start: 3, end: 6 },
      { start: 7, end: 7 },
      { start: 8, end: 12 },
      { start: 8, end: 12 },
    ]);
  });
});
