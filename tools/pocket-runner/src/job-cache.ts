import { createWriteStream } from 'node:fs';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { collectFiles, type Collecting, packed } from './artifact-upload.js';
import { extractZip } from './artifact-download.js';
import type { JobCache } from './job-payload.js';

export interface CacheContext extends Collecting {
  /** Where the archives of this project lie. */
  cacheDir: string;
  tempDir: string;
  say(line: string): void;
}

/**
 * Brings a cache into the working copy: the archive of its key, else of the first fallback key that has
 * one. Never fails a job.
 */
export async function restoreCache(cache: JobCache, context: CacheContext): Promise<void> {
  if (policyOf(cache, context) === 'push') return;
  for (const key of [cache.key ?? '', ...(cache.fallback_keys ?? [])].map((one) => fileName(context.expand(one)))) {
    const archive = join(context.cacheDir, `${key}.zip`);
    const isThere = await access(archive).then(
      () => true,
      () => false,
    );
    if (!isThere) continue;
    try {
      await extractZip(archive, context.dir);
      context.say(`Successfully extracted cache ${key}`);
    } catch (error) {
      context.say(`WARNING: the cache ${key} was refused: ${error instanceof Error ? error.message : 'unknown'}`);
    }
    return;
  }
  context.say(`No cache for ${context.expand(cache.key ?? '')}`);
}

/** Puts the files of a cache away under its key, in one step, so that no other job reads half of it. */
export async function keepCache(cache: JobCache, jobSucceeded: boolean, context: CacheContext): Promise<void> {
  const when = cache.when || 'on_success';
  if (policyOf(cache, context) === 'pull') return;
  if (when !== 'always' && when !== (jobSucceeded ? 'on_success' : 'on_failure')) return;
  const files = await collectFiles({ paths: cache.paths ?? [], untracked: cache.untracked ?? false }, context);
  const key = fileName(context.expand(cache.key ?? ''));
  if (files.length === 0) return context.say(`WARNING: no files for the cache ${key}`);
  const half = join(context.tempDir, `cache-${key}.zip`);
  await mkdir(context.cacheDir, { recursive: true, mode: 0o700 });
  try {
    await pipeline(Readable.from(packed('zip', files, context.dir)), createWriteStream(half, { mode: 0o600 }));
    await rename(half, join(context.cacheDir, `${key}.zip`));
  } finally {
    await rm(half, { force: true });
  }
  context.say(`Created cache ${key} of ${files.length} files`);
}

function policyOf(cache: JobCache, context: CacheContext): string {
  return context.expand(cache.policy ?? '') || 'pull-push';
}

/** A key is a text of somebody's: on disk it is one plain name. */
function fileName(key: string): string {
  return encodeURIComponent(key).replace(/^\.+$/, '_').slice(0, 200) || 'default';
}
