import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { glob, realpath, stat } from 'node:fs/promises';
import { basename, join, matchesGlob, relative, sep } from 'node:path';
import { createGzip } from 'node:zlib';
import { ZipArchive } from 'archiver';
import type { JobArtifact } from './job-payload.js';
import type { RunnerClient } from './runner-client.js';

const TRIES = 3;

/** What is needed to find the files that patterns name. */
export interface Collecting {
  dir: string;
  expand(text: string): string;
  untracked(): Promise<string[]>;
}

export interface UploadContext extends Collecting {
  client: RunnerClient;
  job: { id: number; token: string };
  say(line: string): void;
  signal: AbortSignal;
}

/** Uploads one artifact entry; false when the server refused it, which fails the job. */
export async function uploadArtifact(artifact: JobArtifact, context: UploadContext): Promise<boolean> {
  const files = await collectFiles(artifact, context);
  if (files.length === 0) {
    context.say('WARNING: no files to upload');
    return true;
  }
  const format = artifact.artifact_format || 'zip';
  if (format === 'raw' && files.length !== 1) {
    context.say(`ERROR: a raw artifact is exactly one file, and ${files.length} match`);
    return false;
  }
  const name = context.expand(artifact.name || 'artifacts').replace(/[^\w.-]+/g, '_');
  const fileName = format === 'zip' ? `${name}.zip` : format === 'gzip' ? `${name}.gz` : basename(files[0] as string);
  const query = new URLSearchParams({ artifact_format: format, artifact_type: artifact.artifact_type || 'archive' });
  if (artifact.expire_in) query.set('expire_in', artifact.expire_in);

  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const status = await sendOnce(context, query, fileName, () => packed(format, files, context.dir));
    context.say(`Uploading ${fileName} (${files.length} files): ${status}`);
    if (status === 201) return true;
    if (status === 403 || status === 413 || context.signal.aborted) return false;
  }
  return false;
}

/** Files inside the working copy that the entry names, as relative paths with `/`, in a stable order. */
export async function collectFiles(artifact: JobArtifact, context: Collecting): Promise<string[]> {
  const root = await realpath(context.dir);
  const exclude = (artifact.exclude ?? []).map((pattern) => context.expand(pattern));
  const found = new Set<string>();
  const add = async (path: string) => {
    const real = await realpath(join(root, path)).catch(() => null);
    if (!real?.startsWith(root + sep) || !(await stat(real)).isFile()) return;
    if (!exclude.some((pattern) => matchesGlob(path, pattern))) found.add(path);
  };
  for (const pattern of (artifact.paths ?? []).map((path) => context.expand(path))) {
    const trimmed = relative(root, join(root, pattern));
    if (trimmed.startsWith('..')) continue;
    const patterns = trimmed === '' ? ['**/*'] : [trimmed, `${trimmed}/**/*`];
    for await (const path of glob(patterns, { cwd: root })) await add(path);
  }
  if (artifact.untracked) for (const path of await context.untracked()) await add(path);
  return [...found].filter((path) => !path.startsWith(`.git${sep}`)).sort();
}

async function sendOnce(
  context: UploadContext,
  query: URLSearchParams,
  fileName: string,
  content: () => AsyncIterable<Buffer>,
): Promise<number> {
  const boundary = `pocket-${randomUUID()}`;
  const init: RequestInit = {
    method: 'POST',
    headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
    body: ReadableStream.from(multipart(boundary, fileName, content())),
    redirect: 'manual',
    duplex: 'half',
    signal: context.signal,
  };
  try {
    const path = `jobs/${context.job.id}/artifacts?${query.toString()}`;
    const response = await context.client.rawJobCall(path, context.job.token, init);
    await response.arrayBuffer();
    return response.status;
  } catch (error) {
    context.say(`WARNING: the upload broke off: ${error instanceof Error ? error.message : 'unknown'}`);
    return -1;
  }
}

async function* multipart(boundary: string, fileName: string, content: AsyncIterable<Buffer>) {
  yield new TextEncoder().encode(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${fileName}"\r\n` +
      `Content-Type: application/octet-stream\r\n\r\n`,
  );
  for await (const bytes of content) yield new Uint8Array(bytes);
  yield new TextEncoder().encode(`\r\n--${boundary}--\r\n`);
}

/** The files as one archive, or one after the other. */
export async function* packed(format: string, files: string[], dir: string): AsyncGenerator<Buffer> {
  if (format === 'zip') {
    const archive = new ZipArchive({ zlib: { level: 6 }, statConcurrency: 1 });
    for (const file of files) archive.file(join(dir, file), { name: file.split(sep).join('/') });
    void archive.finalize();
    yield* archive as AsyncIterable<Buffer>;
    return;
  }
  for (const file of files) {
    const content = createReadStream(join(dir, file));
    yield* (format === 'gzip' ? content.pipe(createGzip()) : content) as AsyncIterable<Buffer>;
  }
}
