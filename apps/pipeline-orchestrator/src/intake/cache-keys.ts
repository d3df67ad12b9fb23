import { createHash } from 'node:crypto';

import { type CompiledJob, localWildcard, type PlainObject, type PlainValue } from '@crosstie/ci-config';

/** The id of the blob at each path of the commit: two files with the same content have the same. */
export type BlobIds = ReadonlyMap<string, string>;

/** Whether a key of one of these jobs is made of files. */
export function hasFileKeys(jobs: readonly Pick<CompiledJob, 'cache'>[]): boolean {
  return jobs.some(({ cache }) => cache.some((one) => filesOf(one['key']) !== null));
}

/**
 * The caches of a job with every key as a text. A key of files is made of their blob ids, so no file is read:
 * it is another one exactly when one of the files has changed (`ci-language.md` 2.5, `cache:key:files`).
 *
 * @param blobs null where no key is made of files
 */
export function keyedCaches(cache: readonly PlainObject[], blobs: BlobIds | null): PlainObject[] {
  return cache.map((one, index) => ({ ...one, key: keyOf(one['key'], index, blobs) }));
}

function keyOf(key: PlainValue | undefined, index: number, blobs: BlobIds | null): string {
  const files = filesOf(key);
  if (files === null) return typeof key === 'string' && key !== '' ? key : 'default';
  const { prefix } = key as PlainObject;
  // Without a prefix two caches of a job with the same files would be one.
  const names = files.map((file) => file.split('.')[0] ?? '').join('_');
  const start = typeof prefix === 'string' ? prefix : `${index}_${names}`;
  return [start, digest(files, blobs ?? new Map())].filter((part) => part !== '').join('-');
}

function filesOf(key: PlainValue | undefined): string[] | null {
  if (typeof key !== 'object' || key === null || Array.isArray(key)) return null;
  const { files } = key;
  return Array.isArray(files) ? files.filter((file): file is string => typeof file === 'string' && file !== '') : null;
}

function digest(files: readonly string[], blobs: BlobIds): string {
  const ids = new Set(files.flatMap((file) => idsOf(file, blobs)));
  if (ids.size === 0) return 'default';
  const sorted = [...ids].sort((a, b) => (a < b ? -1 : 1));
  return createHash('sha1').update(sorted.join('-')).digest('hex');
}

function idsOf(file: string, blobs: BlobIds): string[] {
  if (!file.includes('*')) {
    const id = blobs.get(file);
    return id === undefined ? [] : [id];
  }
  const matches = localWildcard(file);
  return [...blobs].flatMap(([path, id]) => (matches(path) ? [id] : []));
}
