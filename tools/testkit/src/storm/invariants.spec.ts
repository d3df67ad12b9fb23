import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ReceivedStatus } from '@crosstie/github-simulator';
import { describe, expect, it } from '@jest/globals';

import type { Evidence, JobFact, PushFact } from './evidence.js';
import { checkJobs } from './job-invariants.js';
import { checkPushes } from './push-invariants.js';
import type { RecordEntry } from './recording-fetch.js';
import { type Handout, readRunnerRecords } from './runner-record.js';

const sha = 'a'.repeat(40);

function status(state: ReceivedStatus['state']): ReceivedStatus {
  return {
    id: 1,
    sha,
    state,
    context: 'crosstie',
    description: null,
    targetUrl: null,
    creator: 'crosstie[bot]',
    createdAt: '2026-11-24T12:00:00Z',
    receivedNs: '1',
  };
}

function job(id: number, name: string, fields: Partial<JobFact> = {}): JobFact {
  return { id, name, status: 'success', failure_reason: null, finished_at: '2026-11-24T12:00:10.000Z', ...fields };
}

function handout(jobId: number, name: string, fields: Partial<Handout> = {}): Handout {
  return {
    jobId,
    name,
    token: `glcbt-${jobId}`,
    cloneToken: 'ghu_clone',
    sha,
    givenAt: Date.parse('2026-11-24T12:00:20Z'),
    acknowledged: true,
    end: { state: 'success', firstAt: 0, taken: true },
    log: Buffer.from('a log\n'),
    logTaken: 6,
    ...fields,
  };
}

function push(fields: Partial<PushFact> = {}, jobs: JobFact[] = []): PushFact {
  return {
    sha,
    kind: 'good',
    pressed: false,
    deliveries: [{ guid: 'g', state: 'done', reason: null, pipelineIds: [1] }],
    pipelines: [{ id: 1, status: 'success', failure_reason: null, jobs }],
    statuses: [status('pending'), status('success')],
    ...fields,
  };
}

const idsOf = (broken: { id: string }[]): string[] => [...new Set(broken.map(({ id }) => id))];
const evidence = (one: PushFact): Evidence => ({ pushes: [one], handouts: new Map() });

describe('the check of pushes', () => {
  it('finds nothing where all is well', () => {
    expect(checkPushes(evidence(push()))).toEqual([]);
  });

  const pipeline = { id: 1, status: 'success', failure_reason: null, jobs: [] };
  it.each<[string, string, Partial<PushFact>]>([
    ['I1', 'a delivery that is not known', { deliveries: [{ guid: 'g', state: null, reason: null, pipelineIds: [] }] }],
    ['I1', 'a delivery without outcome', { deliveries: [{ guid: 'g', state: 'done', reason: null, pipelineIds: [] }] }],
    ['I1', 'no delivery at all', { deliveries: [] }],
    ['I1', 'two pipelines', { pipelines: [pipeline, { ...pipeline, id: 2 }] }],
    ['I1', 'an honest push that was refused', { pipelines: [{ ...pipeline, failure_reason: 'source_not_verified' }] }],
    ['I1', 'a stranger whose push ran', { kind: 'unlinked' }],
    ['I2', 'a pipeline without end', { pipelines: [{ ...pipeline, status: 'running' }] }],
    ['I2', 'a job without end', { pipelines: [{ ...pipeline, jobs: [job(1, 'build', { status: 'pending' })] }] }],
    ['I3', 'another end at GitHub', { statuses: [status('pending'), status('failure')] }],
    ['I3', 'an older state after the end', { statuses: [status('success'), status('pending'), status('success')] }],
    ['I3', 'no status', { statuses: [] }],
  ])('%s: finds %s', (id, _what, fields) => {
    expect(idsOf(checkPushes(evidence(push(fields))))).toContain(id);
  });

  it('lets a pipeline begin again where somebody pressed a button', () => {
    const statuses = [status('failure'), status('pending'), status('success')];
    expect(checkPushes(evidence(push({ statuses, pressed: true })))).toEqual([]);
  });
});

interface PlantedInJob {
  id: string;
  what: string;
  jobs: JobFact[];
  had: Handout[];
  stored?: string;
}

describe('the check of jobs', () => {
  const check = (jobs: JobFact[], had: Handout[], stored = 'a log\n') => {
    const handouts = new Map<number, Handout[]>();
    for (const one of had) handouts.set(one.jobId, [...(handouts.get(one.jobId) ?? []), one]);
    return checkJobs({ pushes: [push({}, jobs)], handouts }, () => Promise.resolve(Buffer.from(stored)));
  };

  it('finds nothing where all is well, and counts what it compared', async () => {
    const jobs = [job(1, 'build'), job(2, 'unit')];
    const found = await check(jobs, [handout(1, 'build'), handout(2, 'unit')]);
    expect(found).toEqual({ broken: [], logsCompared: 2, beginningsCompared: 0, artifactsCompared: 1 });
  });

  it.each<PlantedInJob>([
    {
      id: 'I4',
      what: 'two acknowledged hand-outs',
      jobs: [job(1, 'lint')],
      had: [handout(1, 'lint'), handout(1, 'lint', { end: null })],
    },
    {
      id: 'I4',
      what: 'an end that its runner did not tell',
      jobs: [job(1, 'lint', { status: 'failed' })],
      had: [handout(1, 'lint')],
    },
    { id: 'I4', what: 'a success that nobody told', jobs: [job(1, 'lint')], had: [] },
    {
      id: 'I5',
      what: 'a job that began too early',
      jobs: [job(1, 'build', { finished_at: '2026-11-24T12:01:00Z' }), job(2, 'unit')],
      had: [handout(2, 'unit')],
    },
    {
      id: 'I5',
      what: 'a job that was skipped for nothing',
      jobs: [job(1, 'build'), job(2, 'unit', { status: 'skipped' })],
      had: [handout(1, 'build')],
    },
    { id: 'I6', what: 'a log that differs', jobs: [job(1, 'lint')], had: [handout(1, 'lint')], stored: 'a lag\n' },
    {
      id: 'I6',
      what: 'a log that is stored twice',
      jobs: [job(1, 'lint')],
      had: [handout(1, 'lint')],
      stored: 'a log\na log\n',
    },
    {
      id: 'I6',
      what: 'a piece that was taken and is not there',
      jobs: [job(1, 'lint', { status: 'failed' })],
      had: [handout(1, 'lint', { end: null })],
      stored: 'a l',
    },
    {
      id: 'I7',
      what: 'another artifact',
      jobs: [job(1, 'unit', { status: 'failed' })],
      had: [
        handout(1, 'unit', {
          end: { state: 'failed', firstAt: 0, taken: true },
          log: Buffer.from('ERROR: step script ended with exit code 1\n'),
        }),
      ],
    },
  ])('$id: finds $what', async ({ id, jobs, had, stored }) => {
    expect(idsOf((await check(jobs, had, stored)).broken)).toContain(id);
  });
});

describe("the runners' records", () => {
  const said = (call: string, fields: Partial<RecordEntry & { what: 'said' }>): RecordEntry => ({
    what: 'said',
    call,
    at: 5,
    jobId: 7,
    token: 't',
    state: null,
    piece: null,
    ...fields,
  });
  const heard = (call: string, code: number): RecordEntry => ({
    what: 'heard',
    call,
    at: 6,
    status: code,
    jobStatus: null,
  });
  const piece = (offset: number, text: string) => ({ offset, base64: Buffer.from(text).toString('base64') });

  it('put a log together, and know what was taken of it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'crosstie-record-'));
    try {
      const file = join(directory, 'runner.jsonl');
      const entries: RecordEntry[] = [
        { what: 'given', at: 1, jobId: 7, name: 'build', token: 't', cloneToken: 'c', sha },
        said('1', { state: 'running' }),
        heard('1', 200),
        said('2', { piece: piece(0, 'hello ') }),
        heard('2', 202),
        said('3', { piece: piece(6, 'world') }),
        // Its answer was lost: sent again.
        said('4', { piece: piece(6, 'world') }),
        heard('4', 416),
        said('5', { state: 'success' }),
      ];
      const text = entries.map((entry) => JSON.stringify(entry)).join('\n');
      await writeFile(file, `${text}\n{"what":"hea`);
      const [only] = (await readRunnerRecords([file])).get(7) ?? [];
      expect(only).toMatchObject({ acknowledged: true, logTaken: 6, end: { state: 'success', taken: false } });
      expect(only?.log.toString()).toBe('hello world');
      // Told just before PostgreSQL ended: not known to be written.
      const [doubtful] = (await readRunnerRecords([file], [500])).get(7) ?? [];
      expect(doubtful).toMatchObject({ acknowledged: true, logTaken: 0 });
      // Heard after the end and said before it: it may have been taken by either.
      const [late] = (await readRunnerRecords([file], [5.5])).get(7) ?? [];
      expect(late).toMatchObject({ acknowledged: true, logTaken: 0 });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
