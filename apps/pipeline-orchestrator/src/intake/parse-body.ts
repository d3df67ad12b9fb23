import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';

/*
 * This file imports nothing of ours and uses only TypeScript that Node strips by itself: it is the
 * start of a worker thread, from source and from the build alike.
 */

export type ParsedBody =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string };

/** GitHub sends at most 25 MB; the gateway takes 26 MiB. */
export const bodyBytesMax = 26 * 1024 * 1024;

/**
 * Unpacks and parses a stored body. Of a push's commits only their number is kept: nothing else of
 * them is used, and 2,048 of them are large.
 */
export function parseBody(packed: Uint8Array): ParsedBody {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(gunzipSync(packed, { maxOutputLength: bodyBytesMax }));
  } catch {
    return { ok: false, problem: 'it is not UTF-8' };
  }
  try {
    return { ok: true, value: withoutCommits(JSON.parse(text)) };
  } catch {
    return { ok: false, problem: 'it is not JSON' };
  }
}

function withoutCommits(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('commits' in value)) return value;
  return Array.isArray(value.commits) ? { ...value, commits: value.commits.length } : { ...value, commits: null };
}

const task: unknown = workerData;
if (!isMainThread && parentPort && typeof task === 'object' && task !== null && 'packedBody' in task) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
  parentPort.postMessage(parseBody(task.packedBody as Uint8Array));
}
