import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@crosstie/testkit';

import {
  createDataSource,
  Database,
  duePipelines,
  findJob,
  insertPipeline,
  lockPipeline,
  lookAtPipeline,
  noteJobStarted,
  numberPushTarget,
  passFailures,
  readDelivery,
  readJobStates,
  recoverDelivery,
  redundantPipelines,
  renewJobs,
  requeueProject,
  retireJobs,
  saveInstallation,
  saveProjects,
  settleDelivery,
  startNextAttempt,
  stuckPipelines,
  unqueueJobs,
  withdrawProjects,
  writeAdvance,
} from '../index.js';

let fresh: FreshDatabase;
let db: Database;
let deliveries = 0;
const at = new Date('2026-11-24T12:00:00Z');

beforeAll(async () => {
  fresh = await freshDatabase();
  const dataSource = createDataSource({ url: fresh.url, applicationName: 'test' });
  await dataSource.initialize();
  db = new Database(dataSource);
  await db.run(saveInstallation, 'github.com', 11, 5, 'acme', 'Organization', '{}', 'all', null, at);
  await db.run(saveProjects, 'github.com', 1, [101], ['acme/widget'], [true]);
});

afterAll(async () => {
  await db.dataSource.destroy();
  await fresh.drop();
});

async function delivery(): Promise<number> {
  deliveries += 1;
  const body = Buffer.from(String(deliveries));
  const [event] = await db.run(recoverDelivery, 'github.com', `g${deliveries}`, 'push', body, 1, body, 'github.push');
  return event?.payload.deliveryId ?? 0;
}

interface JobSketch {
  readonly name: string;
  readonly status: string;
}

async function insert(deliveryId: number, jobs: readonly JobSketch[], failureReason: string | null = null) {
  const target = await db.first(numberPushTarget, 'github.com', 101);
  if (!target) throw new Error('the project is not there');
  const rows = await db.run(
    insertPipeline,
    target.nextPipelineId,
    deliveryId,
    target.projectId,
    'a'.repeat(40),
    'b'.repeat(40),
    'main',
    true,
    failureReason ? 'failed' : 'pending',
    failureReason,
    null,
    null,
    null,
    null,
    7,
    'kim',
    JSON.stringify({ title: 'one' }),
    false,
    at,
    [0, 1],
    [Buffer.from('graph'), Buffer.from('jobs')],
    ...columns(jobs),
  );
  return { pipelineId: target.nextPipelineId, rows };
}

/** No job works on an environment. */
const none = [[], [], [], [], [], []] as const;

function columns(jobs: readonly JobSketch[]) {
  return [
    jobs.map((_, index) => index),
    jobs.map((job) => job.name),
    jobs.map(() => 'test'),
    jobs.map(() => 0),
    jobs.map((job) => job.status),
    jobs.map(() => false),
    jobs.map(() => 3),
    jobs.map(() => null),
    jobs.map((job) => (job.status === 'scheduled' ? 60 : null)),
    jobs.map(() => null),
    ...none,
  ] as const;
}

async function table<R>(sql: string, ...values: unknown[]): Promise<R[]> {
  return (await db.pool.query(sql, values)).rows as R[];
}

describe('inserting a pipeline', () => {
  it('stores pipeline, attempt, definition, jobs, queue, event and outcome at once', async () => {
    const deliveryId = await delivery();
    const before = db.counts.statements;
    const { pipelineId, rows } = await insert(deliveryId, [
      { name: 'a', status: 'pending' },
      { name: 'b', status: 'created' },
    ]);
    expect(db.counts.statements - before).toBe(2);
    expect(rows).toMatchObject([{ type: 'pipeline.created', payload: { pipelineId, projectId: 1 }, laneIds: [3] }]);
    expect(await db.run(readJobStates, pipelineId, 1, at)).toMatchObject([
      { index: 0, status: 'pending', detail: '' },
      { index: 1, status: 'created', detail: '' },
    ]);
    expect(await table('SELECT n, cause FROM pipeline_attempt WHERE pipeline_id = $1', pipelineId)).toEqual([
      { n: 1, cause: 'push' },
    ]);
    expect(await table('SELECT count(*)::int AS n FROM queue_entry')).toEqual([{ n: 1 }]);
    expect(await db.first(readDelivery, deliveryId)).toMatchObject({ state: 'done' });
  });

  it('stores one pipeline when two writers come at the same moment', async () => {
    const deliveryId = await delivery();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => insert(deliveryId, [{ name: 'a', status: 'pending' }])),
    );
    expect(answers.filter(({ rows }) => rows.length > 0)).toHaveLength(1);
    expect(await table('SELECT count(*)::int AS n FROM pipeline WHERE delivery_id = $1', deliveryId)).toEqual([
      { n: 1 },
    ]);
  });

  it('counts pipelines of a project without gaps', async () => {
    await Promise.all([1, 2, 3].map(async () => insert(await delivery(), [])));
    const rows = await table<{ iid: number }>('SELECT iid FROM pipeline ORDER BY iid');
    expect(rows.map((row) => row.iid)).toEqual(rows.map((_, index) => index + 1));
  });

  it('does nothing for a delivery that has an outcome', async () => {
    const deliveryId = await delivery();
    await db.run(settleDelivery, deliveryId, 'no_ci_file', null, null, at);
    expect((await insert(deliveryId, [])).rows).toEqual([]);
  });

  it('stores a thousand jobs in order', async () => {
    const jobs = Array.from({ length: 1000 }, (_, n) => ({ name: `j${n}`, status: n < 10 ? 'pending' : 'created' }));
    const { pipelineId, rows } = await insert(await delivery(), jobs);
    const states = await db.run(readJobStates, pipelineId, 1, at);
    expect(rows[0]?.laneIds).toHaveLength(10);
    expect(states.map((job) => job.id)).toEqual(states.map((job) => job.id).toSorted((a, b) => a - b));
  });
});

describe('the next attempt at a refused pipeline', () => {
  it('starts once, with jobs, as another person', async () => {
    const { pipelineId } = await insert(await delivery(), [], 'sender_not_linked');
    const [user] = await table<{ id: number }>(
      `INSERT INTO user_account (username, name) VALUES ('dana', 'Dana') RETURNING id`,
    );
    const start = () =>
      db.run(
        startNextAttempt,
        pipelineId,
        2,
        user?.id ?? 0,
        'pending',
        null,
        null,
        null,
        null,
        true,
        at,
        [0],
        [Buffer.from('graph')],
        ...columns([{ name: 'a', status: 'pending' }]),
      );
    const answers = await Promise.all([start(), start()]);
    expect(answers.filter((rows) => rows.length === 1)).toHaveLength(1);
    expect(await db.run(readJobStates, pipelineId, 2, at)).toHaveLength(1);
    expect(
      await table('SELECT attempt, status, failure_reason, user_id FROM pipeline WHERE id = $1', pipelineId),
    ).toEqual([{ attempt: 2, status: 'pending', failure_reason: null, user_id: user?.id }]);
  });
});

describe('moving a pipeline', () => {
  it('writes jobs, queue, status and event, and moves no job that is elsewhere by now', async () => {
    const { pipelineId } = await insert(await delivery(), [
      { name: 'a', status: 'pending' },
      { name: 'b', status: 'created' },
    ]);
    const [a, b] = await db.run(readJobStates, pipelineId, 1, at);
    await table(`UPDATE job SET status = 'running', started_at = now() WHERE id = $1`, a?.id);
    expect(await db.run(noteJobStarted, pipelineId, a?.id ?? 0, at)).toMatchObject([
      { type: 'pipeline.changed', payload: { status: 'running' } },
    ]);
    expect(await db.run(noteJobStarted, pipelineId, a?.id ?? 0, at)).toEqual([]);
    const rows = await db.transaction(async (tx) => {
      await tx.run(lockPipeline, pipelineId);
      return tx.run(
        writeAdvance,
        pipelineId,
        'running',
        at,
        [a?.id ?? 0, b?.id ?? 0],
        ['pending', 'created'],
        ['canceled', 'pending'],
        null,
        1,
        [],
        [],
      );
    });
    expect(rows).toMatchObject([{ event: null, moved: 1, laneIds: [3] }]);
    expect((await db.run(readJobStates, pipelineId, 1, at)).map((job) => job.status)).toEqual(['running', 'pending']);
    const cancel = ['canceled', at, [b?.id ?? 0], ['pending'], ['canceled'], 'canceled'] as const;
    expect(await db.run(writeAdvance, pipelineId, ...cancel, 1, [], [])).toEqual([]);
    const done = await db.run(writeAdvance, pipelineId, ...cancel, 2, [], []);
    expect(done).toMatchObject([{ event: { type: 'pipeline.changed', payload: { status: 'canceled' } }, laneIds: [] }]);
    expect(await table('SELECT 1 AS n FROM queue_entry WHERE job_id = $1', b?.id)).toEqual([]);
  });

  it('makes a new row for a new try', async () => {
    const { pipelineId } = await insert(await delivery(), [{ name: 'a', status: 'created' }]);
    const [a] = await db.run(readJobStates, pipelineId, 1, at);
    const [user] = await table<{ id: number }>(`SELECT id FROM user_account LIMIT 1`);
    await db.transaction(async (tx) => {
      await tx.run(retireJobs, [a?.id ?? 0]);
      await tx.run(renewJobs, [a?.id ?? 0], [true], user?.id ?? 0, at);
    });
    const [again] = await db.run(readJobStates, pipelineId, 1, at);
    expect(again?.id).not.toBe(a?.id);
    expect(await table('SELECT try, allow_failure FROM job WHERE id = $1', again?.id)).toEqual([
      { try: 2, allow_failure: true },
    ]);
    expect(await db.first(findJob, a?.id ?? 0)).toMatchObject({ retried: true, pipelineId });
  });

  it('takes jobs out of the queue, and puts those that wait back', async () => {
    const { pipelineId } = await insert(await delivery(), [{ name: 'a', status: 'pending' }]);
    expect(await db.run(unqueueJobs, pipelineId, null)).toHaveLength(1);
    expect(await db.run(unqueueJobs, pipelineId, null)).toEqual([]);
    await db.run(withdrawProjects, 'github.com', 1, null, at, false);
    expect(await table('SELECT 1 AS n FROM queue_entry')).toEqual([]);
    expect((await db.run(requeueProject, 1)).length).toBeGreaterThan(0);
    expect(await db.run(requeueProject, 1)).toEqual([]);
    const epochs = await table<{ n: number }>('SELECT DISTINCT rights_epoch AS n FROM queue_entry');
    expect(epochs).toEqual([{ n: 1 }]);
  });

  it('finds a pipeline of which nothing is queued or runs', async () => {
    const { pipelineId } = await insert(await delivery(), [{ name: 'a', status: 'created' }]);
    const found = await db.run(stuckPipelines, new Date(at.getTime() + 60_000), 100);
    expect(found.map((row) => row.id)).toContain(pipelineId);
  });

  it('tells of failed and due jobs what decides about them, and of others nothing', async () => {
    const { pipelineId } = await insert(await delivery(), [
      { name: 'a', status: 'created' },
      { name: 'b', status: 'scheduled' },
    ]);
    const [a] = await db.run(readJobStates, pipelineId, 1, at);
    await table(
      `UPDATE job SET status = 'failed', exit_code = 3, failure_reason = E'odd\n/reason' WHERE id = $1`,
      a?.id,
    );
    const later = new Date(at.getTime() + 60_000);
    const details = async (now: Date) => (await db.run(readJobStates, pipelineId, 1, now)).map((job) => job.detail);
    expect(await details(at)).toEqual(['3/1/0/0/odd /reason', '']);
    expect(await details(later)).toEqual(['3/1/0/0/odd /reason', 'due']);
    expect(await db.first(lookAtPipeline, pipelineId, 0, later)).toMatchObject({
      statuses: 'failed,scheduled',
      details: '3/1/0/0/odd /reason\ndue',
      isCanceled: false,
    });
    expect(await db.run(duePipelines, at, 10)).toEqual([]);
    expect(await db.run(duePipelines, later, 10)).toEqual([{ id: pipelineId, at: later }]);
    const advance = ['failed', at, [], [], [], 'canceled', 0, [], [a?.id ?? 0]] as const;
    expect(await db.run(writeAdvance, pipelineId, ...advance)).toHaveLength(1);
    await db.run(passFailures, pipelineId, 1);
    expect((await details(at))[0]).toBe('3/1/1/1/odd /reason');
    expect(await db.first(lookAtPipeline, pipelineId, 0, at)).toMatchObject({ isCanceled: true });
  });
});

describe('pipelines that a newer one makes redundant (6.8)', () => {
  const a = '1'.repeat(40);
  const b = '2'.repeat(40);
  let branches = 0;

  /** Two pipelines of one branch of its own, the older one first, each with its commits and more. */
  async function pair(older: Record<string, unknown>, newer: Record<string, unknown>) {
    branches += 1;
    const ids: number[] = [];
    for (const columns of [older, newer]) {
      const { pipelineId } = await insert(await delivery(), [{ name: 'a', status: 'created' }]);
      ids.push(pipelineId);
      const given = { ref: `branch-${branches}`, before_sha: '0'.repeat(40), ...columns };
      const names = Object.keys(given);
      const sets = names.map((name, place) => `${name} = $${place + 2}`).join(', ');
      await table(`UPDATE pipeline SET ${sets} WHERE id = $1`, pipelineId, ...Object.values(given));
    }
    const [old = 0, last = 0] = ids;
    return { found: (await db.run(redundantPipelines, last)).map(({ id }) => id), old };
  }

  it('are the older ones of its branch that have not ended', async () => {
    const { found, old } = await pair({ sha: a }, { sha: b, before_sha: a });
    expect(found).toEqual([old]);
  });

  it.each([
    ['that have ended', { sha: a, status: 'success' }, { sha: b }],
    ['of the same commit', { sha: a }, { sha: a }],
    ['of more than a week ago', { sha: a, created_at: new Date(at.getTime() - 8 * 86_400_000) }, { sha: b }],
    ['of another branch', { sha: a, ref: 'other' }, { sha: b }],
    ['of a tag of that name', { sha: a, tag: true }, { sha: b }],
    ['when the new one was refused', { sha: a }, { sha: b, failure_reason: 'config_error' }],
    ['when its push was found again late', { sha: a }, { sha: b, recovered: true }],
    ['when its push was overtaken by the next one', { sha: b, before_sha: a }, { sha: a }],
  ])('are none %s', async (_, older, newer) => {
    expect((await pair(older, newer)).found).toEqual([]);
  });

  it('are none where the project does not want it', async () => {
    await table('UPDATE project SET auto_cancel = false');
    expect((await pair({ sha: a }, { sha: b })).found).toEqual([]);
    await table('UPDATE project SET auto_cancel = true');
  });
});
