import { describe, expect, it } from '@jest/globals';

import { LaneMarks } from './lane-marks.js';

describe('how far lanes are emptied', () => {
  it('begins at the head, then where the last claim found its job, in that lane alone', () => {
    const marks = new LaneMarks(() => 0);
    const begin = marks.begin([1, 2]);
    expect(begin.ranks).toEqual([0, 0]);
    marks.note([1, 2], begin, 2, 50);
    expect(marks.begin([1, 2, 3]).ranks).toEqual([0, 50, 0]);
  });

  it('keeps the furthest of claims that end in another order', () => {
    const marks = new LaneMarks(() => 0);
    marks.note([1], marks.begin([1]), 1, 10);
    const [first, second] = [marks.begin([1]), marks.begin([1])];
    marks.note([1], second, 1, 12);
    marks.note([1], first, 1, 11);
    expect(marks.begin([1]).ranks).toEqual([12]);
  });

  it('begins at the head after a wake, also for a claim that was under way when it came', () => {
    const marks = new LaneMarks(() => 0);
    marks.note([1], marks.begin([1]), 1, 10);
    const underWay = marks.begin([1]);
    marks.lower([1]);
    marks.note([1], underWay, 1, 11);
    expect(marks.begin([1]).ranks).toEqual([0]);
    marks.note([1], marks.begin([1]), 1, 3);
    expect(marks.begin([1]).ranks).toEqual([3]);
  });

  it('begins at the head every few seconds, in case a wake was lost', () => {
    let now = 0;
    const marks = new LaneMarks(() => now);
    marks.note([1], marks.begin([1]), 1, 10);
    now = 3_000;
    marks.note([1], marks.begin([1]), 1, 11);
    expect(marks.begin([1]).ranks).toEqual([11]);
    now = 4_000;
    const fromHead = marks.begin([1]);
    expect(fromHead.ranks).toEqual([0]);
    marks.note([1], fromHead, 1, 12);
    expect(marks.begin([1]).ranks).toEqual([12]);
  });
});
