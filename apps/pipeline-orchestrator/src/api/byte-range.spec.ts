import { describe, expect, it } from '@jest/globals';

import { readByteRange } from './byte-range.js';

describe('a range of bytes', () => {
  it.each([
    [undefined, 10, 'whole'],
    ['bytes=0-', 10, { first: 0, last: 9 }],
    ['bytes=3-5', 10, { first: 3, last: 5 }],
    ['bytes=3-500', 10, { first: 3, last: 9 }],
    ['bytes=-4', 10, { first: 6, last: 9 }],
    ['bytes=-400', 10, { first: 0, last: 9 }],
    ['bytes=-0', 10, 'unsatisfiable'],
    ['bytes=10-', 10, 'unsatisfiable'],
    ['bytes=0-', 0, 'unsatisfiable'],
    ['bytes=5-3', 10, 'whole'],
    ['bytes=-', 10, 'whole'],
    ['bytes=0-1,4-5', 10, 'whole'],
    ['lines=0-1', 10, 'whole'],
    ['bytes=99999999999999999999-', 10, 'whole'],
  ] as const)('%s of %d bytes', (header, size, range) => {
    expect(readByteRange(header, size)).toEqual(range);
  });
});
