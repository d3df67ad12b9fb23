import { describe, expect, it } from '@jest/globals';

import { chooseLine, readLineRange } from './line-range.js';

describe('lines in an address', () => {
  it.each([
    ['#L12', { first: 12, last: 12 }],
    ['L12-L20', { first: 12, last: 20 }],
    ['#L20-12', { first: 12, last: 20 }],
    ['', null],
    ['#L0', null],
    ['#L1e3', null],
    ['#"><script>', null],
  ])('%j', (hash, range) => {
    expect(readLineRange(hash)).toEqual(range);
  });

  it('grow with shift held', () => {
    expect(chooseLine(5, null, true)).toBe('#L5');
    expect(chooseLine(5, { first: 7, last: 9 }, true)).toBe('#L5-L9');
    expect(chooseLine(11, { first: 7, last: 9 }, true)).toBe('#L7-L11');
    expect(chooseLine(11, { first: 7, last: 9 }, false)).toBe('#L11');
  });
});
