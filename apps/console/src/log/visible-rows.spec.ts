import { describe, expect, it } from '@jest/globals';

import { heightPxMax, rowHeightPx, scrollTopOf, visibleRows } from './visible-rows.js';

const view = 600;

describe('the rows of a log that are drawn', () => {
  it('are all of them while they are few', () => {
    expect(visibleRows(2000, 300, view)).toEqual({ first: 0, end: 2000, topPx: 0, heightPx: 48_000 });
  });

  it.each([10_000, 500_000, 900_000, 3_000_000])('are those in view, of %d rows', (rows) => {
    const heightPx = Math.min(rows * rowHeightPx, heightPxMax);
    for (const share of [0, 0.25, 0.5, 1]) {
      const scrollTop = (heightPx - view) * share;
      const drawn = visibleRows(rows, scrollTop, view);
      expect(drawn.heightPx).toBe(heightPx);
      expect(drawn.end - drawn.first).toBeLessThan(200);
      expect(drawn.topPx).toBeLessThanOrEqual(scrollTop);
      expect(drawn.topPx + (drawn.end - drawn.first) * rowHeightPx).toBeGreaterThanOrEqual(
        scrollTop + view - rowHeightPx,
      );
    }
    expect(visibleRows(rows, heightPx - view, view).end).toBe(rows);
  });

  it.each([10_000, 3_000_000])('hold the line of an address, of %d rows', (rows) => {
    for (const row of [0, 1, Math.floor(rows / 2), rows - 1]) {
      const drawn = visibleRows(rows, scrollTopOf(row, rows, view), view);
      expect(drawn.first).toBeLessThanOrEqual(row);
      expect(drawn.end).toBeGreaterThan(row);
    }
  });
});
