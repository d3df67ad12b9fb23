import { readFile } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import type { Api } from '../api.js';
import { JobCalls } from '../kills/job-calls.js';
import { Journal } from '../kills/journal.js';
import { followPipeline } from '../pipelines.js';
import { ScriptedRunner } from '../scripted-runner.js';
import { until } from '../until.js';
import { repository } from '../world.js';
import { natsIsThere } from './nats-under-test.js';
import { DistributedStage } from './stage.js';

const present = await natsIsThere();
const reapingLock = 7_305_520;
const line = Buffer.from('taken by the second\n');

/** F16, F62: a leader that is stopped with its lock held and its transaction open, and wakes up believing it leads. */
(present ? describe : describe.skip)('a leader that sleeps', () => {
  let stage: DistributedStage;
  let dana: Api;
  let token = '';
  let client: pg.Client;

  beforeAll(async () => {
    const env = { CROSSTIE_JOB_ACK_TIMEOUT: '4s' };
    stage = await DistributedStage.start({ replicas: { 'runner-api': 2 }, env });
    dana = await stage.inhabit();
    token = await stage.runnerToken('kim');
    client = new pg.Client({ connectionString: stage.databaseUrl });
    await client.connect();
  }, 240_000);

  afterAll(async () => {
    await client?.end();
    await stage?.stop();
  }, 60_000);

  /** How often the job was handed out, and its last hand-out. */
  async function handoutOf(jobId: number): Promise<unknown> {
    const sql = 'SELECT handout, status, token_hash, finished_at FROM job WHERE id = $1';
    return (await client.query(sql, [jobId])).rows[0];
  }

  async function isStopped(pid: number): Promise<boolean> {
    return /^State:\s+T/m.test(await readFile(`/proc/${pid}/status`, 'utf8'));
  }

  async function leaders(): Promise<number> {
    const sql = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND granted";
    return (await client.query(sql, [reapingLock])).rowCount ?? 0;
  }

  it('loses its lead to the other, and changes nothing when it wakes', async () => {
    const sleeper = stage.process('runner-api', 0);
    const other = stage.process('runner-api', 1);
    await sleeper.stop();
    const files = { 'gitlab/.gitlab-ci.yml': 'only: { script: [echo never run] }\n' };
    const { after } = await stage.github.push(repository, { pusher: 'dana', files });
    const silent = await new ScriptedRunner(other.url, token, 's_first0000000').take();

    sleeper.launch({ CROSSTIE_FAULTS: 'reaper.leading=stop', CROSSTIE_ALLOW_FAULTS: 'yes' });
    await until(() => isStopped(sleeper.pid), 'the leader to sleep', 60_000);
    expect(await leaders()).toBe(1);

    // Nobody else leads until the database has ended the session of the one that sleeps.
    const journal = new Journal();
    const living = new JobCalls(
      other.url,
      await new ScriptedRunner(other.url, token, 's_second000000').take(),
      journal,
    );
    expect(living.job.id).toBe(silent.id);
    expect(living.job.token).not.toBe(silent.token);
    expect(await living.put({ state: 'running' })).toMatchObject({ status: 200 });
    const before = await handoutOf(silent.id);
    expect(before).toMatchObject({ handout: 2, status: 'running' });

    sleeper.signal('SIGCONT');
    await until(() => /reaper failed/.test(sleeper.output()), 'the sleeper to notice', 60_000);
    await sleeper.ready();
    expect(await handoutOf(silent.id)).toEqual(before);

    expect(await living.patch(0, line)).toMatchObject({ status: 202 });
    expect(await living.put({ state: 'success', output: { bytesize: line.length } })).toMatchObject({ status: 200 });
    const { jobs } = await followPipeline(dana, repository, after, ({ status }) => status === 'success');
    expect(jobs).toMatchObject([{ id: silent.id, status: 'success' }]);
    const told = await client.query("SELECT FROM outbox_event WHERE type = 'job.finished'");
    expect(told.rowCount).toBe(1);
  }, 180_000);
});
