import { createHmac } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { Secret } from '@crosstie/platform';
import { describe, expect, it } from '@jest/globals';
import { checkSignature } from './signature.js';

const secret = new Secret("It's a Secret to Everybody");
const body = Buffer.from('Hello, World!');
const published = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
const sign = (bytes: Buffer, key: Secret) => `sha256=${createHmac('sha256', key.reveal()).update(bytes).digest('hex')}`;

describe('[W2] the signature of a delivery', () => {
  it("holds for GitHub's published example", () => {
    expect(checkSignature(published, body, [secret])).toBe('holds');
  });

  it('holds with the current and with the previous secret', () => {
    const newer = new Secret('newer');
    expect(checkSignature(published, body, [newer, secret])).toBe('holds');
    expect(checkSignature(sign(body, newer), body, [newer, secret])).toBe('holds');
  });

  it.each([0, 1, 31, 33, 1000])('is malformed with %i bytes', (size) => {
    expect(checkSignature(`sha256=${'ab'.repeat(size)}`, body, [secret])).toBe('malformed');
  });

  it.each([
    ['not hexadecimal', `sha256=${'z'.repeat(64)}`],
    ['in upper case', published.toUpperCase().replace('SHA256', 'sha256')],
    ['of sha1', 'sha1=2fd4e1c67a2d28fced849ee1bb76e7391b93eb12'],
    ['two of them, joined', `${published}, ${published}`],
    ['a list', [published, published]],
  ])('does not hold when it is %s', (_name, header) => {
    expect(checkSignature(header, body, [secret])).not.toBe('holds');
  });

  it('is missing, or wrong with another secret, another body, or no secret at all', () => {
    expect(checkSignature(undefined, body, [secret])).toBe('missing');
    expect(checkSignature(published, body, [new Secret('other')])).toBe('wrong');
    expect(checkSignature(published, Buffer.from('Hello, World?'), [secret])).toBe('wrong');
    expect(checkSignature(published, body, [])).toBe('wrong');
  });

  it('[W4] covers the bytes, not the text they decode to', () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from('fffe', 'hex'), Buffer.from('"}')]);
    expect(checkSignature(sign(bytes, secret), bytes, [secret])).toBe('holds');
    const decoded = Buffer.from(bytes.toString('utf8'));
    expect(checkSignature(sign(decoded, secret), bytes, [secret])).toBe('wrong');
  });

  it('is compared by timingSafeEqual and nothing else', () => {
    const folder = new URL('.', import.meta.url);
    const sources = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'));
    const code = sources.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n');
    expect(code.match(/timingSafeEqual\(/g)).toHaveLength(1);
    expect(code).not.toMatch(/\.equals\(|digest\('hex'\)/);
  });
});
