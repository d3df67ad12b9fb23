import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';

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

objectStoreContract('a bucket as object store', async () => {
  const server = bucketServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env['AWS_ACCESS_KEY_ID'] = 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const store = await openObjectStore(
    `s3://bucket/some/prefix?endpoint=${encodeURIComponent(endpoint)}&pathStyle=true`,
  );
  return {
    store,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
});

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

/** Just enough of S3: objects, and uploads in parts. */
function bucketServer(): Server {
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, Map<number, Buffer>>();
  const xml = (body: string) => `<?xml version="1.0" encoding="UTF-8"?>${body}`;
  return createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://s3');
      const body = Buffer.concat(parts);
      const uploadId = url.searchParams.get('uploadId');
      const answer = (status: number, text: string | Buffer = '') =>
        response.writeHead(status, { etag: '"e"' }).end(text);
      if (request.method === 'POST' && url.searchParams.has('uploads')) {
        const id = String(uploads.size + 1);
        uploads.set(id, new Map());
        const names = `<Bucket>bucket</Bucket><Key>k</Key><UploadId>${id}</UploadId>`;
        return answer(200, xml(`<InitiateMultipartUploadResult>${names}</InitiateMultipartUploadResult>`));
      }
      if (request.method === 'PUT' && uploadId) {
        uploads.get(uploadId)?.set(Number(url.searchParams.get('partNumber')), body);
        return answer(200);
      }
      if (request.method === 'POST' && uploadId) {
        const sorted = [...(uploads.get(uploadId) ?? [])].sort(([a], [b]) => a - b).map(([, part]) => part);
        objects.set(url.pathname, Buffer.concat(sorted));
        return answer(200, xml('<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>'));
      }
      if (request.method === 'PUT') {
        objects.set(url.pathname, body);
        return answer(200);
      }
      if (request.method === 'DELETE') {
        objects.delete(url.pathname);
        return answer(204);
      }
      if (request.method === 'HEAD') return answer(200);
      const found = objects.get(url.pathname);
      return found ? answer(200, found) : answer(404, xml('<Error><Code>NoSuchKey</Code></Error>'));
    });
  });
}
