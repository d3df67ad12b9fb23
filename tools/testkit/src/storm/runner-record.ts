import { readFile } from 'node:fs/promises';

import type { RecordEntry } from './recording-fetch.js';

/** One hand-out of a job, as its runner lived it. */
export interface Handout {
  jobId: number;
  name: string;
  token: string;
  cloneToken: string;
  sha: string;
  givenAt: number;
  /** Whether the server took anything of it: the beginning, or a piece of its log. */
  acknowledged: boolean;
  /** What the runner told as its end, and whether it heard that this was taken. */
  end: { state: string; firstAt: number; taken: boolean } | null;
  /** The pieces put together by their offsets. */
  log: Buffer;
  /** So much of the log was taken, as the runner heard, and must be there whatever came later. */
  logTaken: number;
}

/** How long a piece of a running log may be committed and not written yet: decision 0006. */
const unwrittenMs = 1000;

/**
 * What the runners wrote down, by job.
 *
 * @param databaseEnds when PostgreSQL was killed
 */
export async function readRunnerRecords(
  files: readonly string[],
  databaseEnds: readonly number[] = [],
): Promise<Map<number, Handout[]>> {
  // It was committed between the two moments; what a runner hears may reach it long after.
  const lasts = (saidAt: number, heardAt: number): boolean =>
    databaseEnds.every((end) => saidAt > end || heardAt < end - unwrittenMs);
  const handouts = new Map<string, Handout>();
  for (const file of files) {
    const entries = await readEntries(file);
    const heard = new Map(entries.flatMap((entry) => (entry.what === 'heard' ? [[entry.call, entry] as const] : [])));
    for (const entry of entries) {
      if (entry.what === 'given') handouts.set(entry.token, begin(entry));
      if (entry.what !== 'said') continue;
      const handout = handouts.get(entry.token);
      if (handout) note(handout, entry, heard.get(entry.call), lasts);
    }
  }
  const byJob = new Map<number, Handout[]>();
  for (const handout of handouts.values()) byJob.set(handout.jobId, [...(byJob.get(handout.jobId) ?? []), handout]);
  for (const each of byJob.values()) each.sort((a, b) => a.givenAt - b.givenAt);
  return byJob;
}

function begin({ jobId, name, token, cloneToken, sha, at }: RecordEntry & { what: 'given' }): Handout {
  const nothing = { acknowledged: false, end: null, log: Buffer.alloc(0), logTaken: 0 };
  return { jobId, name, token, cloneToken, sha, givenAt: at, ...nothing };
}

function note(
  handout: Handout,
  said: RecordEntry & { what: 'said' },
  heard: (RecordEntry & { what: 'heard' }) | undefined,
  lasts: (saidAt: number, heardAt: number) => boolean,
): void {
  const status = heard?.status;
  if (said.piece) {
    const bytes = Buffer.from(said.piece.base64, 'base64');
    const end = said.piece.offset + bytes.length;
    handout.log = Buffer.concat([handout.log.subarray(0, said.piece.offset), bytes, handout.log.subarray(end)]);
    if (heard && status === 202) {
      if (lasts(said.at, heard.at)) handout.logTaken = Math.max(handout.logTaken, end);
      handout.acknowledged = true;
    }
  } else if (said.state === 'running') handout.acknowledged ||= status === 200;
  else if (said.state !== null) {
    const taken = (handout.end?.taken ?? false) || status === 200;
    // All of it is asked for again.
    if (status === 412) handout.logTaken = 0;
    handout.end = { state: said.state, firstAt: handout.end?.firstAt ?? said.at, taken };
    handout.acknowledged ||= status === 200;
  }
}

/** A runner that was killed may leave half a line. */
async function readEntries(file: string): Promise<RecordEntry[]> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  return lines.flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as RecordEntry];
    } catch {
      return [];
    }
  });
}
