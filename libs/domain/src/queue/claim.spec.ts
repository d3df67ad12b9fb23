import { createHash, randomBytes } from 'node:crypto';

import { freshDatabase, type FreshDatabase } from '@crosstie/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import {
  appendChunk,
  claimJob,
  createDataSource,
  Database,
  failHandout,
  finishJob,
  fittingLanes,
  heldJob,
  keepJob,
  lanesFor,
  lanesWithWork,
  moveStranded,
  readTrace,
  reapJobs,
  resetTrace,
  returnJob,
  returnUnacknowledged,
  traceHead,
  tracesToStore,
  traceStored,
} from '../index.js';
import { QueuedJobs } from '../testing/queued-jobs.js';

const now = new Date('2026-11-24T12:00:00Z');
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);

describe('jobs in the hands of runners', () => {
  let fresh: FreshDatabase;
  let db: Database;
  let jobs: QueuedJobs;

  beforeAll(async () => {
    fresh = await freshDatabase();
    const dataSource = createDataSource({ url: fresh.url, applicationName: 'test' });
    await dataSource.initialize();
    db = new Database(dataSource);
    jobs = new QueuedJobs(db);
  });
  afterAll(async () => {
    await db.dataSource.destroy();
    await fresh.drop();
  });

  beforeEach(async () => {
    await db.pool.query("UPDATE job SET status = 'success' WHERE status IN ('running', 'canceling')");
  });

  type Runner = Awaited<ReturnType<QueuedJobs['runner']>>;

  async function claim(runner: Runner, acknowledges = true) {
    const [fit] = await db.run(fittingLanes, [runner.id]);
    const token = createHash('sha256').update(randomBytes(8)).digest();
    const { id, tokenHash, managerId } = runner;
    const lanes = fit?.lane_ids ?? [];
    const job = await db.first(
      claimJob,
      id,
      tokenHash,
      1,
      lanes,
      managerId,
      token,
      acknowledges,
      now,
      lanes.map(() => 0),
    );
    return { job, token };
  }

  async function handedOut() {
    const projectId = await jobs.project();
    const runner = await jobs.runner({ projectId });
    const pipeline = await jobs.pipeline(projectId, [{ name: 'build' }]);
    const laneId = await jobs.queue(projectId, pipeline.jobIds);
    const { job, token } = await claim(runner);
    return {
      projectId,
      runner,
      pipeline,
      laneId,
      jobId: job?.job_id as number,
      token,
      handout: job?.handout as number,
    };
  }

  async function jobRow(id: number) {
    const { rows } = await db.pool.query('SELECT * FROM job WHERE id = $1', [id]);
    return rows[0] as Record<string, unknown>;
  }

  describe('the claim', () => {
    it('gives a job with what its payload needs, marks it running and leaves an event', async () => {
      const projectId = await jobs.project();
      const runner = await jobs.runner({ projectId });
      const pipeline = await jobs.pipeline(projectId, [{ name: 'build' }]);
      await jobs.queue(projectId, pipeline.jobIds);
      const { job } = await claim(runner);
      expect(job).toMatchObject({ given: true, job_id: pipeline.jobIds[0], handout: 1, event_type: 'job.started' });
      expect(job?.definition).toBeInstanceOf(Buffer);
      expect(await jobRow(job?.job_id as number)).toMatchObject({ status: 'running', runner_id: runner.id });
      expect((await claim(runner)).job).toBeNull();
    });

    it('hands every job out exactly once to fifty claims at once', async () => {
      const projectId = await jobs.project();
      const runner = await jobs.runner({ projectId });
      const pipeline = await jobs.pipeline(
        projectId,
        Array.from({ length: 30 }, (_, index) => ({ name: `job ${index}` })),
      );
      await jobs.queue(projectId, pipeline.jobIds);
      const first = await Promise.all(Array.from({ length: 50 }, () => claim(runner)));
      const second = await Promise.all(Array.from({ length: 30 }, () => claim(runner)));
      const given = [...first, ...second].flatMap(({ job }) => (job ? [job.job_id] : []));
      expect(given.sort((a, b) => a - b)).toEqual(pipeline.jobIds);
    });

    it('takes turns between projects, whoever queued first', async () => {
      const tags = ['fair'];
      const runner = await jobs.runner({ tags, runUntagged: false });
      const [one, two] = [await jobs.project(), await jobs.project()];
      const many = await jobs.pipeline(one, [{}, {}, {}, {}]);
      const few = await jobs.pipeline(two, [{}, {}]);
      await jobs.queue(one, many.jobIds, tags);
      await jobs.queue(two, few.jobIds, tags);
      const order: number[] = [];
      for (let n = 0; n < 6; n += 1) order.push((await claim(runner)).job?.project_id as number);
      expect(order.slice(0, 5).filter((id) => id === two)).toHaveLength(2);
    });

    it('gives protected and tagged jobs to runners that fit alone', async () => {
      const projectId = await jobs.project();
      const plain = await jobs.runner({ projectId, tags: ['linux'] });
      const guarded = await jobs.runner({ projectId, tags: ['linux', 'gpu'], runUntagged: false, protectedOnly: true });
      const pipeline = await jobs.pipeline(projectId, [{}, {}, {}]);
      const [untagged, tagged, gpu] = pipeline.jobIds as [number, number, number];
      await jobs.queue(projectId, [gpu], ['gpu', 'linux'], true);
      expect((await claim(plain)).job).toBeNull();
      await jobs.queue(projectId, [untagged]);
      await jobs.queue(projectId, [tagged], ['linux'], true);
      const guardedJobs = [(await claim(guarded)).job?.job_id, (await claim(guarded)).job?.job_id];
      expect(new Set(guardedJobs)).toEqual(new Set([tagged, gpu]));
      expect((await claim(guarded)).job).toBeNull();
      expect((await claim(plain)).job?.job_id).toBe(untagged);
    });

    it('gives nothing to a paused runner, a changed one, or one whose token was replaced', async () => {
      const projectId = await jobs.project();
      const runner = await jobs.runner({ projectId });
      const pipeline = await jobs.pipeline(projectId, [{}]);
      await jobs.queue(projectId, pipeline.jobIds);
      await db.pool.query('UPDATE runner SET paused = true WHERE id = $1', [runner.id]);
      expect((await claim(runner)).job).toBeNull();
      await db.pool.query('UPDATE runner SET paused = false WHERE id = $1', [runner.id]);
      expect((await claim({ ...runner, tokenHash: Buffer.from('other') })).job).toBeNull();
      expect((await claim(runner)).job?.given).toBe(true);
    });

    it('takes an entry out, but gives no job, when rights were lost or the job was cancelled meanwhile', async () => {
      const projectId = await jobs.project();
      const runner = await jobs.runner({ projectId });
      const pipeline = await jobs.pipeline(projectId, [{}, {}]);
      await jobs.queue(projectId, [pipeline.jobIds[0] as number]);
      await db.pool.query('UPDATE project SET rights_epoch = 1 WHERE id = $1', [projectId]);
      await jobs.queue(projectId, [pipeline.jobIds[1] as number]);
      await db.pool.query("UPDATE job SET status = 'canceled' WHERE id = $1", [pipeline.jobIds[1]]);
      expect((await claim(runner)).job).toMatchObject({ given: false, event_type: 'project.changed' });
      expect((await claim(runner)).job).toMatchObject({ given: false });
      expect((await claim(runner)).job).toBeNull();
    });

    it('moves waiting jobs to a lane of their own when their project gets its first runner', async () => {
      const projectId = await jobs.project();
      const pipeline = await jobs.pipeline(projectId, [{}]);
      const before = await jobs.queue(projectId, pipeline.jobIds, ['moves']);
      const runner = await jobs.runner({ projectId, tags: ['moves'] });
      const [moved] = await db.run(moveStranded, 1000);
      expect(moved?.lane_id).not.toBe(before);
      expect(await db.run(moveStranded, 1000)).toEqual([]);
      expect((await claim(runner)).job?.job_id).toBe(pipeline.jobIds[0]);
    });

    it('tells which lanes hold work, and of new ones', async () => {
      const projectId = await jobs.project();
      await jobs.runner({ projectId });
      const pipeline = await jobs.pipeline(projectId, [{}, {}, {}]);
      const laneId = await jobs.queue(projectId, pipeline.jobIds);
      expect(await db.run(lanesWithWork, [laneId, 999_999], 2)).toEqual([
        { newest_lane_id: laneId, work: [{ lane_id: laneId, entries: 2 }] },
      ]);
      expect(await lanesFor(db, [{ projectId, protected: false, tags: [] }])).toEqual([laneId]);
    });
  });

  describe('an unacknowledged hand-out', () => {
    it('goes back with its token dead, and the next one has another', async () => {
      const { jobId, token, runner, laneId } = await handedOut();
      expect(await db.run(returnUnacknowledged, now, 10)).toEqual([]);
      expect(await db.run(returnUnacknowledged, later(1), 10)).toEqual([{ lane_id: laneId }]);
      expect(await jobRow(jobId)).toMatchObject({ status: 'pending', token_hash: null, runner_id: null, handout: 1 });
      expect(await db.first(keepJob, jobId, token, later(2), later(2))).toBeNull();
      const again = await claim(runner);
      expect(again.job).toMatchObject({ job_id: jobId, handout: 2 });
      expect(await db.first(heldJob, token)).toBeNull();
      expect(await db.first(heldJob, again.token)).toMatchObject({ job_id: jobId, status: 'running' });
    });

    it('is put back at once when its answer cannot be sent, unless the runner has it', async () => {
      const lost = await handedOut();
      expect(await db.run(returnJob, lost.jobId, lost.handout + 1)).toEqual([]);
      expect(await db.run(returnJob, lost.jobId, lost.handout)).toEqual([{ lane_id: lost.laneId }]);
      const kept = await handedOut();
      await db.run(keepJob, kept.jobId, kept.token, now, now);
      expect(await db.run(returnJob, kept.jobId, kept.handout)).toEqual([]);
      expect(await db.run(returnUnacknowledged, later(99), 10)).toEqual([]);
    });
  });

  describe('signs of life', () => {
    it('acknowledge once, and are written only when the last is old', async () => {
      const { jobId, token } = await handedOut();
      expect(await db.first(keepJob, jobId, token, now, later(-30))).toEqual({
        status: 'running',
        overtaken: false,
        first: true,
        watched_until: null,
      });
      await db.run(keepJob, jobId, token, later(10), later(-20));
      expect(await jobRow(jobId)).toMatchObject({ acknowledged_at: now, seen_at: now });
      await db.run(keepJob, jobId, token, later(40), later(10));
      expect(await jobRow(jobId)).toMatchObject({ acknowledged_at: now, seen_at: later(40) });
    });
  });

  describe('the log', () => {
    /** A piece at an offset, of which nothing is hidden; checksums are counted, not summed, here. */
    const piece = (offset: number, text: string) => {
      const length = Buffer.byteLength(text);
      return [offset, length, offset, length, Buffer.from(text), offset, offset + length, null, null, 0] as const;
    };

    it('grows only where it ends, once for each piece', async () => {
      const { jobId, token } = await handedOut();
      const append = (offset: number, text: string) =>
        db.first(appendChunk, jobId, token, ...piece(offset, text), now, later(-30));
      expect(await append(5, 'gap')).toMatchObject({ size: null });
      expect(await append(0, 'hello')).toMatchObject({ size: 5, status: 'running' });
      expect(await append(0, 'hello')).toMatchObject({ size: null });
      const twice = await Promise.all([append(5, ' you'), append(5, ' you')]);
      expect(new Set(twice.map((row) => row?.size))).toEqual(new Set([9, null]));
      expect(await db.first(traceHead, jobId)).toMatchObject({ size: 9, crc: 9 });
      const parts = await db.run(readTrace, jobId, 5, 10);
      expect(parts).toMatchObject([{ size: 9, offset: 5, length: 4, body: Buffer.from(' you') }]);
      expect(await jobRow(jobId)).toMatchObject({ acknowledged_at: now });
    });

    it('takes nothing beyond the limit of the project, nothing with another token, nothing after the end', async () => {
      const { jobId, token, projectId } = await handedOut();
      await db.pool.query('UPDATE project SET trace_size_max = 8 WHERE id = $1', [projectId]);
      const append = (as: Buffer, offset: number, text: string) =>
        db.first(appendChunk, jobId, as, ...piece(offset, text), now, later(-30));
      expect(await append(Buffer.from('other'), 0, 'hi')).toBeNull();
      expect(await append(token, 0, '12345678')).toMatchObject({ size: 8 });
      expect(await append(token, 8, '9')).toMatchObject({ size: null, trace_size_max: 8 });
      await db.run(finishJob, jobId, token, 'success', null, null, now, '', 8, 8, false);
      expect(await append(token, 8, '')).toBeNull();
    });

    it('can be emptied to be sent anew, and is dropped when it has been put away', async () => {
      const { jobId, token } = await handedOut();
      await db.run(appendChunk, jobId, token, ...piece(0, 'broken'), now, now);
      await db.run(resetTrace, jobId, token);
      expect(await db.first(traceHead, jobId)).toMatchObject({ size: 0, crc: 0 });
      await db.run(appendChunk, jobId, token, ...piece(0, 'whole'), now, now);
      await db.run(finishJob, jobId, token, 'success', null, null, now, 'crc32:1', 5, null, false);
      const due = await db.run(tracesToStore, later(60), 100);
      expect(due).toContainEqual({ job_id: jobId, size: 5, checksum: 'crc32:1', crc: 5 });
      expect(await db.run(traceStored, jobId, 4, 'traces/x', '[]')).toEqual([]);
      expect(await db.run(traceStored, jobId, 5, 'traces/x', '[]')).toEqual([{ job_id: jobId }]);
      expect(await db.run(readTrace, jobId, 0, 10)).toMatchObject([{ size: 5, object_key: 'traces/x', body: null }]);
    });
  });

  describe('the end', () => {
    it('is taken once, with its event', async () => {
      const { jobId, token, pipeline } = await handedOut();
      const finish = () => db.first(finishJob, jobId, token, 'failed', 'script_failure', 42, now, '', 0, 0, false);
      expect(await finish()).toMatchObject({ job_id: jobId, pipeline_id: pipeline.id, status: 'failed' });
      expect(await finish()).toBeNull();
      expect(await jobRow(jobId)).toMatchObject({ status: 'failed', failure_reason: 'script_failure', exit_code: 42 });
    });

    it('is canceled for a job that is being cancelled, whatever its runner says', async () => {
      const { jobId, token } = await handedOut();
      await db.pool.query("UPDATE job SET status = 'canceling' WHERE id = $1", [jobId]);
      const end = await db.first(finishJob, jobId, token, 'success', null, null, now, '', null, null, false);
      expect(end).toMatchObject({ status: 'canceled' });
    });

    it('is refused while the stored log is shorter than the runner says', async () => {
      const { jobId, token } = await handedOut();
      const finish = (any: boolean) => db.first(finishJob, jobId, token, 'success', null, null, now, '', 10, null, any);
      expect(await finish(false)).toBeNull();
      expect(await finish(true)).toMatchObject({ status: 'success' });
    });

    it('comes from the server for one hand-out alone', async () => {
      const { jobId, handout } = await handedOut();
      expect(await db.first(failHandout, jobId, handout + 1, 'runner_system_failure', now)).toBeNull();
      const end = await db.first(failHandout, jobId, handout, 'runner_system_failure', now);
      expect(end).toMatchObject({ status: 'failed' });
    });
  });

  it('reaps hand-outs that fell silent, ran over their time, or were cancelled before anybody had them', async () => {
    const [silent, over, unheard, well] = [await handedOut(), await handedOut(), await handedOut(), await handedOut()];
    for (const { jobId, token } of [silent, over, well]) await db.run(keepJob, jobId, token, now, now);
    const set = (sql: string, id: number) => db.pool.query(`UPDATE job SET ${sql} WHERE id = $1`, [id]);
    await set("seen_at = seen_at - interval '20 minutes'", silent.jobId);
    await set("timeout_s = 60, started_at = started_at - interval '1 hour'", over.jobId);
    await set("status = 'canceling'", unheard.jobId);
    const reap = () => db.run(reapJobs, later(-900), later(1), now, 3600, 900, 100);
    const reaped = (await reap()).filter((row) =>
      [silent, over, unheard, well].some((one) => one.jobId === row.job_id),
    );
    expect(new Map(reaped.map((row) => [row.job_id, [row.status, row.failure_reason]]))).toEqual(
      new Map([
        [silent.jobId, ['failed', 'stuck_or_timeout_failure']],
        [over.jobId, ['failed', 'job_execution_timeout']],
        [unheard.jobId, ['canceled', null]],
      ]),
    );
    expect(await reap()).toEqual([]);
  });
});
