import { describe, expect, it } from '@jest/globals';

import { duration, relativeTime } from './time.js';

describe('time on the page', () => {
  const now = Date.parse('2026-11-24T15:00:00Z');

  it.each([
    ['2026-11-24T14:59:58Z', 'just now'],
    ['2026-11-24T14:59:30Z', '30 s ago'],
    ['2026-11-24T14:55:59Z', '4 min ago'],
    ['2026-11-24T12:00:00Z', '3 h ago'],
    ['2026-11-23T12:00:00Z', 'yesterday'],
    ['2026-11-20T12:00:00Z', '4 days ago'],
    ['2026-01-02T12:00:00Z', '2026-01-02'],
    ['2026-11-24T15:00:09Z', 'just now'],
    ['never', 'never'],
  ])('says of %s: %s', (iso, said) => {
    expect(relativeTime(iso, now)).toBe(said);
  });

  it.each([
    [null, '–'],
    [0.4, '0 s'],
    [59.4, '59 s'],
    [64, '1m 04s'],
    [7620, '2h 07m'],
  ])('says of %s seconds: %s', (seconds, said) => {
    expect(duration(seconds)).toBe(said);
  });
});
