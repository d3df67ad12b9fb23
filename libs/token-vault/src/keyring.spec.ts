import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigError } from '@crosstie/platform';

import { UnreadableRecord } from './envelope.js';
import { keysFromFile } from './key-file.js';
import { KeyMissing, Keyring } from './keyring.js';

const place = { table: 'credential', column: 'sealed', row: 'github.com/person_chain/7' };
const key = (letter: string) => Buffer.alloc(32, letter).toString('base64');

describe('the keyring', () => {
  it('gives back what it sealed, as a secret that does not print', () => {
    const ring = Keyring.parse(Keyring.generate());
    const { sealed } = ring.seal('users', place, 'ghr_canary');
    const opened = ring.open('users', place, sealed);
    expect(opened.reveal()).toBe('ghr_canary');
    expect(`${String(opened)} ${JSON.stringify({ opened })}`).not.toContain('canary');
    expect(sealed.includes('canary')).toBe(false);
  });

  it('seals the same text differently each time', () => {
    const ring = Keyring.parse(Keyring.generate());
    expect(ring.seal('users', place, 'a').sealed.equals(ring.seal('users', place, 'a').sealed)).toBe(false);
  });

  it('T5: does not open a record that was moved to another row, column, table or class', () => {
    const ring = Keyring.parse(`users:k1:${key('a')},leases:k1:${key('a')}`);
    const { sealed } = ring.seal('users', place, 'ghr_canary');
    for (const other of [
      { ...place, row: 'github.com/person_chain/8' },
      { ...place, column: 'other' },
      { ...place, table: 'token_lease' },
    ]) {
      expect(() => ring.open('users', other, sealed)).toThrow(UnreadableRecord);
    }
    // Even where two classes were given the same key.
    expect(() => ring.open('leases', place, sealed)).toThrow(UnreadableRecord);
  });

  it('does not open a record with any one bit changed or any byte missing', () => {
    const ring = Keyring.parse(Keyring.generate());
    const { sealed } = ring.seal('users', place, 'x');
    for (let at = 0; at < sealed.length; at++) {
      const altered = Buffer.from(sealed);
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(() => ring.open('users', place, altered)).toThrow();
      expect(() => ring.open('users', place, sealed.subarray(0, at))).toThrow();
    }
  });

  it('names the key that a record needs and that is not listed', () => {
    const old = Keyring.parse(`users:y2025:${key('a')}`);
    const { sealed } = old.seal('users', place, 'x');
    const ring = Keyring.parse(`users:y2026:${key('b')}`);
    expect(() => ring.open('users', place, sealed)).toThrow(/users stands under the key y2025/);
    expect(() => ring.open('leases', place, sealed)).toThrow(KeyMissing);
  });

  it('reads records of an older key, seals under the first one, and re-wraps', () => {
    const old = Keyring.parse(`users:y2025:${key('a')}`).seal('users', place, 'x');
    const ring = Keyring.parse(`users:y2026:${key('b')},users:y2025:${key('a')}`);
    expect(ring.open('users', place, old.sealed).reveal()).toBe('x');
    expect(ring.seal('users', place, 'x').keyId).toBe('y2026');
    const moved = ring.rewrap('users', place, old.sealed);
    if (!moved) throw new Error('not re-wrapped');
    expect(moved.keyId).toBe('y2026');
    expect(ring.rewrap('users', place, moved.sealed)).toBeNull();
    expect(
      Keyring.parse(`users:y2026:${key('b')}`)
        .open('users', place, moved.sealed)
        .reveal(),
    ).toBe('x');
  });

  it('T3: a process with the class hook alone cannot read a record of users', () => {
    const everything = Keyring.generate();
    const gateway = Keyring.parse(
      everything
        .split(',')
        .filter((part) => part.startsWith('hook:'))
        .join(','),
    );
    const { sealed } = Keyring.parse(everything).seal('users', place, 'x');
    expect(gateway.has('hook')).toBe(true);
    expect(() => gateway.open('users', place, sealed)).toThrow(/no key of the class users/);
    expect(() => gateway.seal('users', place, 'x')).toThrow(KeyMissing);
  });

  it('tells every mistake in the variable at once, without a key in the text', () => {
    const wrong = `users:k1:c2hvcnQ=,admin:k1:${key('c')},users,hook:k1:${key('d')},hook:k1:${key('e')}`;
    const error = (() => {
      try {
        Keyring.parse(wrong);
      } catch (caught) {
        return caught;
      }
    })();
    if (!(error instanceof ConfigError)) throw new Error('no ConfigError');
    expect(error.mistakes).toHaveLength(4);
    expect(error.mistakes.every((mistake) => mistake.startsWith('CROSSTIE_ENCRYPTION_KEYS: entry'))).toBe(true);
    for (const secret of [key('c'), key('d'), key('e'), 'c2hvcnQ']) expect(error.message).not.toContain(secret);
    expect(() => Keyring.fromConfig({ encryptionKeys: null })).toThrow(/CROSSTIE_ENCRYPTION_KEYS: is missing/);
  });
});

describe('the key file of crosstie serve', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'crosstie-keys-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('is made once, for its owner alone, and read from then on', async () => {
    const path = join(directory, 'keys');
    const made = await keysFromFile(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await readFile(path, 'utf8')).trim()).toBe(made.reveal());
    expect((await keysFromFile(path)).reveal()).toBe(made.reveal());
    expect(Keyring.parse(made.reveal()).has('oidc')).toBe(true);
  });

  it.each([0o644, 0o640, 0o602])(
    'is refused when its mode is %i, and others may read or write it (O8)',
    async (mode) => {
      const path = join(directory, `open-${mode}`);
      await keysFromFile(path);
      await chmod(path, mode);
      await expect(keysFromFile(path)).rejects.toThrow(ConfigError);
      await expect(keysFromFile(path)).rejects.toThrow(`${path}: others than its owner`);
    },
  );
});
