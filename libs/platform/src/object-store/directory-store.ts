import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, constants, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import {
  type ByteRange,
  checkedKey,
  counting,
  isObjectKey,
  type ObjectKind,
  ObjectMissing,
  ObjectStore,
  type StoredObject,
} from './object-store.js';

const abandonedMs = 24 * 3_600_000;

/** Objects as files below one directory, private to this user. */
export class DirectoryStore extends ObjectStore {
  constructor(private readonly directory: string) {
    super();
  }

  async put(key: string, content: Readable): Promise<StoredObject> {
    const target = this.pathOf(key);
    const unfinished = join(this.directory, 'unfinished', randomUUID());
    await mkdir(dirname(unfinished), { recursive: true, mode: 0o700 });
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    const file = await open(unfinished, 'wx', 0o600);
    const counter = counting();
    try {
      await pipeline(content, counter, file.createWriteStream({ flush: true }));
      // Only what is on disk gets a name: after a crash an object is whole or not there.
      await rename(unfinished, target);
      await syncDirectory(dirname(target));
      return counter.result();
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    } finally {
      await file.close().catch(() => undefined);
    }
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    const path = this.pathOf(key);
    await access(path, constants.R_OK).catch(() => {
      throw new ObjectMissing(key);
    });
    return createReadStream(path, range && { start: range.first, end: range.last ?? Infinity });
  }

  async remove(key: string): Promise<void> {
    await rm(this.pathOf(key), { force: true });
  }

  async *keysBefore(kind: ObjectKind, before: Date): AsyncGenerator<string> {
    const directory = join(this.directory, kind);
    for (const shard of await readdir(directory).catch(() => [])) {
      for (const name of await readdir(join(directory, shard)).catch(() => [])) {
        const key = `${kind}/${shard}/${name}`;
        const putAt = isObjectKey(key) && (await stat(this.pathOf(key)).catch(() => null))?.mtimeMs;
        if (typeof putAt === 'number' && putAt < before.getTime()) yield key;
      }
    }
  }

  async check(): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    await access(this.directory, constants.R_OK | constants.W_OK);
  }

  /** Removes what killed processes left half written; returns how many files that were. */
  async removeAbandoned(now: Date): Promise<number> {
    const directory = join(this.directory, 'unfinished');
    let removed = 0;
    for (const name of await readdir(directory).catch(() => [])) {
      const path = join(directory, name);
      const age =
        now.getTime() -
        (await stat(path).then(
          ({ mtimeMs }) => mtimeMs,
          () => now.getTime(),
        ));
      if (age < abandonedMs) continue;
      await rm(path, { force: true });
      removed += 1;
    }
    return removed;
  }

  private pathOf(key: string): string {
    return join(this.directory, checkedKey(key));
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
