import { createWriteStream } from 'node:fs';
import { mkdir, realpath, rm } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import yauzl from 'yauzl';
import type { JobDependency } from './job-payload.js';
import type { RunnerClient } from './runner-client.js';

export interface DownloadContext {
  client: RunnerClient;
  dir: string;
  tempDir: string;
  say(line: string): void;
  signal: AbortSignal;
}

/** Brings the files of an earlier job into the working copy; false when that was refused or broken. */
export async function downloadDependency(dependency: JobDependency, context: DownloadContext): Promise<boolean> {
  const archive = join(context.tempDir, `dependency-${dependency.id}.zip`);
  const status = await fetchArchive(dependency, archive, context);
  context.say(`Downloading artifacts of ${dependency.name} (${dependency.id}): ${status}`);
  if (status !== 200) return false;
  try {
    await extractZip(archive, context.dir);
    return true;
  } catch (error) {
    context.say(`ERROR: the archive was refused: ${error instanceof Error ? error.message : 'unknown'}`);
    return false;
  } finally {
    await rm(archive, { force: true });
  }
}

async function fetchArchive(dependency: JobDependency, target: string, context: DownloadContext): Promise<number> {
  const path = `jobs/${dependency.id}/artifacts`;
  let status = await fetchOnce(`${path}?direct_download=true`, 'manual', dependency, target, context);
  if (status === 302 || status === 307) status = await fetchOnce(`${path}?`, 'follow', dependency, target, context);
  for (let more = 0; more < 2 && ![200, 401, 403, 404].includes(status) && !context.signal.aborted; more += 1) {
    await wait(1000);
    status = await fetchOnce(`${path}?`, 'follow', dependency, target, context);
  }
  return status;
}

async function fetchOnce(
  path: string,
  redirect: 'manual' | 'follow',
  dependency: JobDependency,
  target: string,
  context: DownloadContext,
): Promise<number> {
  try {
    const response = await context.client.rawJobCall(path, dependency.token, { redirect, signal: context.signal });
    if (response.status !== 200 || !response.body) {
      await response.body?.cancel();
      return response.status;
    }
    await pipeline(Readable.fromWeb(response.body), createWriteStream(target, { mode: 0o600 }));
    return 200;
  } catch {
    return -1;
  }
}

/**
 * Unpacks a zip below `dir`. Links are left out, and a name that leads outside is an error:
 * the archive was made by another job, which may belong to somebody else.
 */
export async function extractZip(archive: string, dir: string): Promise<void> {
  const root = await realpath(dir);
  const zip = await yauzl.openPromise(archive, { autoClose: true });
  for await (const entry of zip.eachEntry()) {
    const target = resolve(root, entry.fileName);
    if (target !== root && !target.startsWith(root + sep)) throw new Error(`${entry.fileName} leads outside`);
    const mode = (entry.externalFileAttributes >>> 16) & 0xffff;
    if ((mode & 0o170000) === 0o120000) continue;
    if (entry.fileName.endsWith('/')) {
      await mkdir(target, { recursive: true });
      continue;
    }
    await mkdir(dirname(target), { recursive: true });
    const parent = await realpath(dirname(target));
    if (parent !== root && !parent.startsWith(root + sep)) throw new Error(`${entry.fileName} leads through a link`);
    await rm(target, { force: true });
    const permissions = mode & 0o777 || 0o644;
    await pipeline(
      await zip.openReadStreamPromise(entry),
      createWriteStream(target, { mode: permissions, flags: 'wx' }),
    );
  }
}
