import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';

import { findSwift, startBucket } from '@crosstie/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { DirectoryStore } from './directory-store.js';
import { objectKey, ObjectMissing, type ObjectStore } from './object-store.js';
import { openObjectStore } from './open-object-store.js';

/** What every store must do, whatever is behind it. */
function objectStoreContract(name: string, open: () => Promise<{ store: ObjectStore; close(): Promise<void> }>): void {
  describe(name, () => {
    let opened: Awaited<ReturnType<typeof open>>;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());

    const read = async (key: string) => Buffer.concat(await (await opened.store.get(key)).toArray());

    it.each([
      ['nothing', 0],
      ['a few bytes', 100],
      ['more than one part', 9 * 1024 * 1024],
    ])('gives back %s as they were put, with size and digest', async (_, size) => {
      const bytes = randomBytes(size);
      const key = objectKey('artifacts');
      const stored = await opened.store.put(
        key,
        Readable.from(size === 0 ? [] : [bytes.subarray(0, 10), bytes.subarray(10)]),
      );
      expect(stored).toEqual({ size, sha256: createHash('sha256').update(bytes).digest() });
      expect((await read(key)).equals(bytes)).toBe(true);
    });

    it('keeps nothing of an object whose content broke off', async () => {
      const key = objectKey('artifacts');
      async function* broken() {
        yield randomBytes(1000);
        await Promise.reject(new Error('the sender went away'));
      }
      await expect(opened.store.put(key, Readable.from(broken()))).rejects.toThrow('the sender went away');
      await expect(opened.store.get(key)).rejects.toThrow(ObjectMissing);
    });

    it('removes an object, and does not mind when there is none', async () => {
      const key = objectKey('traces');
      await opened.store.put(key, Readable.from([Buffer.from('x')]));
      await opened.store.remove(key);
      await opened.store.remove(key);
      await expect(opened.store.get(key)).rejects.toThrow(ObjectMissing);
    });

    it('refuses keys that were not made here', async () => {
      await expect(opened.store.get('../../etc/passwd')).rejects.toThrow(RangeError);
      await expect(opened.store.put('artifacts/../x', Readable.from([]))).rejects.toThrow(RangeError);
    });

    it('gives back a part of an object', async () => {
      const bytes = randomBytes(9 * 1024 * 1024);
      const key = objectKey('artifacts');
      await opened.store.put(key, Readable.from([bytes]));
      const part = async (first: number, last?: number) =>
        Buffer.concat(await (await opened.store.get(key, { first, ...(last !== undefined && { last }) })).toArray());
      expect((await part(0, 0)).equals(bytes.subarray(0, 1))).toBe(true);
      expect((await part(8_388_600, 8_388_700)).equals(bytes.subarray(8_388_600, 8_388_701))).toBe(true);
      expect((await part(bytes.length - 5)).equals(bytes.subarray(-5))).toBe(true);
      await expect(opened.store.get(objectKey('artifacts'), { first: 0 })).rejects.toThrow(ObjectMissing);
    });

    it('tells which objects were put before a moment', async () => {
      const keys = [objectKey('artifacts'), objectKey('artifacts'), objectKey('traces')];
      for (const key of keys) await opened.store.put(key, Readable.from([Buffer.from('x')]));
      const before = async (at: Date) => {
        const found: string[] = [];
        for await (const key of opened.store.keysBefore('artifacts', at)) found.push(key);
        return found;
      };
      const later = await before(new Date(Date.now() + 60_000));
      expect(later).toEqual(expect.arrayContaining(keys.slice(0, 2)));
      expect(later).not.toContain(keys[2]);
      expect(await before(new Date(Date.now() - 60_000))).toEqual([]);
    });

    it('says that it can be used', async () => {
      await expect(opened.store.check()).resolves.toBeUndefined();
    });
  });
}

objectStoreContract('a directory as object store', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'objects-'));
  const store = await openObjectStore(pathToFileURL(directory).href);
  return { store, close: () => rm(directory, { recursive: true }) };
});

const swift = await findSwift();

/** Where there is OpenStack Swift; skipped elsewhere. */
(swift ? objectStoreContract : skipContract)(`a bucket of ${swift ?? 'OpenStack Swift'} as object store`, async () => {
  const bucket = await startBucket();
  Object.assign(process.env, bucket.credentials);
  return { store: await openObjectStore(bucket.address), close: () => bucket.stop() };
});

function skipContract(name: string): void {
  describe.skip(name, () => {
    it('does what every store must do', () => undefined);
  });
}

describe('a directory as object store', () => {
  it('drops what killed processes left half written, after a day', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'objects-'));
    const store = new DirectoryStore(directory);
    await store.put(objectKey('traces'), Readable.from([Buffer.from('x')]));
    for (const name of ['old', 'young']) await writeFile(join(directory, 'unfinished', name), 'half');
    const now = new Date();
    await utimes(join(directory, 'unfinished', 'old'), now, new Date(now.getTime() - 25 * 3_600_000));
    expect(await store.removeAbandoned(now)).toBe(1);
    expect(await readdir(join(directory, 'unfinished'))).toEqual(['young']);
    await rm(directory, { recursive: true });
  });

  it('refuses an address that is no store', async () => {
    await expect(openObjectStore('ftp://x')).rejects.toThrow('CROSSTIE_OBJECT_STORE');
    await expect(openObjectStore('')).rejects.toThrow('CROSSTIE_OBJECT_STORE');
  });
});
