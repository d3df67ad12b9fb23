import { gzipSync } from 'node:zlib';

import { describe, expect, it } from '@jest/globals';

import { searchForCanaries } from './search.js';

const canary = { name: 'a token', text: 'ghs_1234567890abcdefghij' };

async function formsFoundIn(text: string | Buffer): Promise<string[]> {
  const { hits } = await searchForCanaries([canary], { texts: { here: text } });
  return [...new Set(hits.map((hit) => hit.form))];
}

describe('the search for canaries', () => {
  it('finds nothing where nothing is', async () => {
    expect(await formsFoundIn('ghs_1234567890abcdefghi and nothing more')).toEqual([]);
  });

  it.each([0, 1, 2, 3, 4])('finds base64 that starts %i characters into the encoded text', async (shift) => {
    const encoded = Buffer.from(`${'x'.repeat(shift)}${canary.text}tail`).toString('base64');
    expect(await formsFoundIn(`{"v":"${encoded}"}`)).toContain('base64');
  });

  it('finds hex in both cases', async () => {
    const hex = Buffer.from(canary.text).toString('hex');
    expect(await formsFoundIn(`\\x${hex}`)).toContain('hex');
    expect(await formsFoundIn(hex.toUpperCase())).toContain('HEX');
  });

  it('finds what is gzipped, and gzipped inside base64', async () => {
    const packed = gzipSync(`before ${canary.text} after`);
    expect(await formsFoundIn(Buffer.concat([Buffer.from('junk'), packed]))).toEqual(['plain']);
    expect(await formsFoundIn(`{"body":"${packed.toString('base64')}"}`)).toEqual(['plain']);
    expect(await formsFoundIn(packed.toString('hex'))).toEqual(['plain']);
  });
});
