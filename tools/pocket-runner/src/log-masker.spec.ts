import { describe, expect, it } from '@jest/globals';

import { LogMasker } from './log-masker.js';

function mask(parts: string[], secrets: string[], prefixes: string[] = []): string {
  const masker = new LogMasker(secrets, prefixes);
  return parts.map((part) => masker.write(part)).join('') + masker.end();
}

describe('masking the log', () => {
  const secrets = ['hunter2', 'hunter2-long', ' padded '];

  it.each([
    ['a value', 'pass hunter2 on', 'pass [MASKED] on'],
    ['the longer of two values', 'x hunter2-long y', 'x [MASKED] y'],
    ['a value without its padding', 'is (padded)', 'is ([MASKED])'],
    ['what follows a token prefix', 'glpat-abc.D_e= end', 'glpat-[MASKED] end'],
    ['what follows a given prefix', 'see ghs_0123456789!', 'see ghs_[MASKED]!'],
    ['nothing else', 'hunter3 and gh', 'hunter3 and gh'],
  ])('hides %s, whole and byte by byte', (_, text, shown) => {
    expect(mask([text], secrets, ['ghs_'])).toBe(shown);
    expect(mask([...text], secrets, ['ghs_'])).toBe(shown);
  });

  it('hides a value that ends exactly where the log ends', () => {
    expect(mask(['a hunter', '2'], secrets)).toBe('a [MASKED]');
  });
});
