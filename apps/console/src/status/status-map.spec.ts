import { describe, expect, it } from '@jest/globals';

import { lookOf, type Status, statusMap } from './status-map.js';

const statuses = Object.keys(statusMap) as Status[];

describe('the look of a status', () => {
  it.each(statuses)('says %s by a word and an icon, not by colour alone', (status) => {
    const look = lookOf(status);
    expect(look.word).not.toBe('');
    const twins = statuses.filter((other) => other !== status && lookOf(other).icon === look.icon);
    for (const twin of twins) expect(lookOf(twin).word).not.toBe(look.word);
  });

  it('tells a failure that is allowed from one that counts', () => {
    expect(lookOf('failed')).toMatchObject({ word: 'Failed', tone: 'bad' });
    expect(lookOf('failed', true)).toMatchObject({ word: 'Failed, allowed', tone: 'warn' });
    expect(lookOf('success', true)).toEqual(lookOf('success'));
  });

  it.each(['unheard_of', 'constructor', '__proto__'])('shows %s, which it does not know, as it came', (word) => {
    expect(lookOf(word)).toMatchObject({ word, over: false });
  });
});
