import { describe, expect, it } from '@jest/globals';

import { Masker, noTail } from './masker.js';
import { formsOf } from './secret-forms.js';

const token = 'glcbt-0123456789abcdefghijKLMN';
const odd = 'pass word/with+signs&"quotes"';

/** The log as somebody reads it at the end, and what was to be seen after each chunk. */
function read(secrets: readonly string[], chunks: readonly (string | Buffer)[]) {
  const masker = new Masker(formsOf(secrets));
  let tail = noTail;
  let shown = Buffer.alloc(0);
  let sent = 0;
  const views: string[] = [];
  for (const chunk of chunks) {
    const bytes = Buffer.from(chunk);
    sent += bytes.length;
    const masked = masker.mask(tail, bytes);
    tail = masked.tail;
    shown = Buffer.concat([shown, masked.shown]);
    views.push(shown.toString());
    expect(shown.length + tail.hidden).toBe(sent);
  }
  const hidden = tail.context.subarray(tail.context.length - tail.hidden);
  return { text: Buffer.concat([shown, hidden]).toString(), views };
}
const bytewise = (text: string): Buffer[] => [...Buffer.from(text)].map((byte) => Buffer.from([byte]));

describe('RA9: a secret in a log', () => {
  it('is hidden by as many bytes as it had', () => {
    const log = `before ${token} after\n`;
    const { text } = read([token], [log]);
    expect(text).toBe(`before [MASKED]${'*'.repeat(token.length - 8)} after\n`);
  });

  it('is hidden wherever chunks are cut', () => {
    const log = `one ${token} two ${token}${token} three ${encodeURIComponent(odd)} ${odd}\n`;
    const whole = read([token, odd], [log]).text;
    for (const secret of [token, odd, encodeURIComponent(odd)]) expect(whole).not.toContain(secret);
    expect(read([token, odd], bytewise(log)).text).toHaveLength(whole.length);
    for (let cut = 1; cut < log.length; cut += 1) {
      const { text, views } = read([token, odd], [log.slice(0, cut), log.slice(cut)]);
      for (const secret of [token, odd, encodeURIComponent(odd)]) expect(text).not.toContain(secret);
      for (const view of views) expect(view).not.toContain(token.slice(0, 4 + 'glcbt-'.length));
    }
  });

  it('is hidden byte by byte, and never seen by who reads along', () => {
    const { text, views } = read([token], bytewise(`x${token}y`));
    expect(text).not.toContain(token.slice(4));
    for (const view of views) expect(view).not.toContain(token.slice(0, 4));
  });

  it.each([0, 1, 2, 3, 4])('is hidden in base64 with %i bytes before it', (before) => {
    const encoded = Buffer.from(`${'#'.repeat(before)}${token}:and more`).toString('base64');
    for (const log of [encoded, encoded.replaceAll('+', '-').replaceAll('/', '_'), `x ${encoded}\n`]) {
      const core = Buffer.from(token).toString('base64').slice(8, 20);
      for (const { text } of [read([token], [log]), read([token], bytewise(log))]) {
        expect(text).not.toContain(core);
        expect(Buffer.from(text.replace('x ', ''), 'base64').toString()).not.toContain('0123456789abcdefghij');
      }
    }
  });

  it('is hidden in base64 that is broken into lines', () => {
    const encoded = Buffer.from(`https://x-access-token:${token.repeat(3)}@example.com`).toString('base64');
    const lines = encoded.replaceAll(/.{20}/g, (line) => `${line}\r\n`);
    for (const { text } of [read([token], [lines]), read([token], bytewise(lines))]) {
      expect(Buffer.from(text.replaceAll(/\s/g, ''), 'base64').toString('latin1')).not.toContain('0123456789');
      expect(text.split('\r\n').map(({ length }) => length)).toEqual(lines.split('\r\n').map(({ length }) => length));
    }
  });

  it('of several lines is hidden line by line', () => {
    const key = '-----BEGIN KEY-----\nAAAABBBBCCCC\nDDDDEEEEFFFF\n-----END KEY-----\n';
    const { text } = read([key], [`it is\r\n${key.replaceAll('\n', '\r\n')}done\n`]);
    expect(text).not.toMatch(/AAAABBBB|DDDDEEEE/);
    expect(text).toContain('done\n');
  });

  it('of 520 characters is hidden, and one of 5,000', () => {
    for (const secret of [
      `ghs_${'aZ9'.repeat(172)}`,
      Array.from({ length: 1_250 }, (_, n) => `${n % 10}x-${n % 7}`).join(''),
    ]) {
      expect(read([secret], bytewise(`<${secret}>`)).text).not.toContain(secret.slice(10, 40));
    }
  });

  it('that is too short to be told from words is left', () => {
    expect(read(['true'], ['it is true\n']).text).toBe('it is true\n');
  });

  it('leaves every other byte as it was, in any chunks', () => {
    const log = Buffer.from(Array.from({ length: 5_000 }, (_, n) => (n * 7919) % 256));
    const { text } = read([token], [log.subarray(0, 777), log.subarray(777, 778), log.subarray(778)]);
    expect(text).toBe(log.toString());
    expect(read([token], ['a line that ends in glc', 'amour\n', 'gl', 'obe\n']).views).toEqual([
      'a line that ends in glc',
      'a line that ends in glcamour\n',
      'a line that ends in glcamour\ngl',
      'a line that ends in glcamour\nglobe\n',
    ]);
  });
});
