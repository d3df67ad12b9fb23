import { gzipSync } from 'node:zlib';

import { describe, expect, it } from '@jest/globals';

import { cleanText } from './clean-text.js';
import { readBody } from './read-body.js';
import { pushBody } from './testing/push-body.js';

function packed(body: string | Buffer): [Buffer, number] {
  return [gzipSync(body, { level: 1 }), Buffer.byteLength(body)];
}

describe('reading the body of a delivery', () => {
  it('keeps the number of commits in place of the commits', async () => {
    const body = await readBody(...packed(JSON.stringify(pushBody({ commits: [{}, {}, {}] }))));
    expect(body).toMatchObject({ ok: true, value: { commits: 3, ref: 'refs/heads/main' } });
  });

  it('takes a payload of 20 MB without holding up the event loop', async () => {
    const body = JSON.stringify(pushBody({ padding: 'x'.repeat(20 * 1024 * 1024) }));
    const arguments_ = packed(body);
    let turns = 0;
    const ticks = setInterval(() => (turns += 1), 1);
    const read = await readBody(...arguments_);
    clearInterval(ticks);
    expect(read).toMatchObject({ ok: true, value: { ref: 'refs/heads/main' } });
    // Parsed here, the loop would not have turned once meanwhile.
    expect(turns).toBeGreaterThan(5);
  });

  it('takes 2,048 commits with messages of 8 KiB', async () => {
    const commits = Array.from({ length: 2048 }, (_, n) => ({ id: String(n), message: 'm'.repeat(8192) }));
    expect(await readBody(...packed(JSON.stringify(pushBody({ commits }))))).toMatchObject({
      ok: true,
      value: { commits: 2048 },
    });
  });

  it('keeps a wrong commits apart from a list', async () => {
    const body = await readBody(...packed(JSON.stringify(pushBody({ commits: 7 }))));
    expect(body).toMatchObject({ ok: true, value: { commits: null } });
  });

  it.each([
    ['text that is not JSON', 'payload=%7B%7D'],
    ['nothing at all', ''],
    ['JSON that was cut off', '{"ref":"refs/heads/main"'],
  ])('says that %s is not JSON', async (_, body) => {
    expect(await readBody(...packed(body))).toEqual({ ok: false, problem: 'it is not JSON' });
  });

  it('says that bytes are not UTF-8', async () => {
    const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    expect(await readBody(...packed(body))).toEqual({ ok: false, problem: 'it is not UTF-8' });
  });

  it('says so of a large body too', async () => {
    expect(await readBody(...packed('['.repeat(1024 * 1024)))).toEqual({ ok: false, problem: 'it is not JSON' });
  });

  it('does not unpack more than GitHub can send', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024), { level: 1 });
    expect(await readBody(bomb, 64 * 1024 * 1024)).toMatchObject({ ok: false });
  });
});

describe('text from outside', () => {
  it('is cut between characters', () => {
    for (let max = 0; max < 12; max += 1) {
      const cut = cleanText('aü€🦊z', max);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(max);
      expect('aü€🦊z'.startsWith(cut)).toBe(true);
    }
  });
});
