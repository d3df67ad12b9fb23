import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { crc32 } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { House } from '../kills/house.js';
import { JobCalls } from '../kills/job-calls.js';
import { Journal } from '../kills/journal.js';
import { followPipeline } from '../pipelines.js';
import { ScriptedRunner } from '../scripted-runner.js';
import { DatabaseUnderTest } from '../storm/database-under-test.js';
import { until } from '../until.js';
import { repository } from '../world.js';

const jobs = 50;
const pieces = 30;
/** Runners wait a second and more; here a moment does. */
const patienceMs = 50;
const triesMax = 1_000;

const ciFile = `many: { tags: [by-hand], parallel: ${jobs}, script: [echo never run] }\n`;

/** A runner as real ones are: it sends its log from where the server says, and its end until it is taken. */
class StubbornRunner {
  readonly log: Buffer[] = Array.from({ length: pieces }, (_, n) =>
    Buffer.from(`${n} ${randomBytes(300).toString('base64')} ü\n`),
  );
  readonly bytes = Buffer.concat(this.log);
  /** How often it was sent back, and what its end was answered. */
  resumed = 0;
  resent = 0;
  ends: (number | null)[] = [];

  constructor(readonly calls: JobCalls) {}

  async run(reachedHalf: () => void): Promise<void> {
    await this.insist(() => this.calls.put({ state: 'running' }), [200]);
    await this.send(0, reachedHalf);
    const checksum = `crc32:${crc32(this.bytes).toString(16).padStart(8, '0')}`;
    const info = { features: { trace_reset: true, trace_checksum: true, trace_size: true } };
    const output = { checksum, bytesize: this.bytes.length };
    for (;;) {
      const heard = await this.insist(() => this.calls.put({ state: 'success', info, output }), [200, 403, 412]);
      this.ends.push(heard.status);
      if (heard.status !== 412) return;
      this.resent += 1;
      await this.send(0, () => undefined);
    }
  }

  private async send(from: number, reachedHalf: () => void): Promise<void> {
    let offset = from;
    while (offset < this.bytes.length) {
      if (offset > this.bytes.length / 2) reachedHalf();
      const piece = this.bytes.subarray(offset, offset + 400);
      const heard = await this.insist(() => this.calls.patch(offset, piece), [202, 416]);
      if (heard.status === 416) this.resumed += 1;
      offset = Number(/^0-(\d+)$/.exec(heard.range ?? '')?.[1]);
    }
  }

  private async insist<T extends { status: number | null }>(say: () => Promise<T>, taken: number[]): Promise<T> {
    for (let attempt = 0; attempt < triesMax; attempt += 1) {
      const heard = await say();
      if (heard.status !== null && taken.includes(heard.status)) return heard;
      // Anything but a refusal is tried again, as runners do.
      if (heard.status === 403) throw new Error('it was refused');
      await wait(patienceMs);
    }
    throw new Error('it was never heard');
  }
}

/** PostgreSQL breaks down under jobs that run, and recovers; what it had not yet written to disk is lost. */
describe('PostgreSQL restarted under fifty running jobs', () => {
  let directory: string;
  let database: DatabaseUnderTest;
  let house: House;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'crosstie-restart-'));
    database = await DatabaseUnderTest.start(join(directory, 'postgres'));
    house = await House.build({ databaseUrl: database.url });
  }, 60_000);
  afterAll(async () => {
    await house?.tearDown();
    await database?.stop();
    await rm(directory, { recursive: true, force: true });
  }, 60_000);

  it('ends each job once, with the log that its runner summed', async () => {
    const token = await house.runnerToken(['by-hand']);
    const files = { 'gitlab/.gitlab-ci.yml': ciFile };
    const { after: sha } = await house.github.push(repository, { pusher: 'dana', files });
    const journal = new Journal();
    const taker = new ScriptedRunner(house.server.url, token);
    const runners: StubbornRunner[] = [];
    while (runners.length < jobs) {
      runners.push(new StubbornRunner(new JobCalls(house.server.url, await taker.take(), journal)));
      // Acknowledged at once: this house takes a job back after two seconds.
      await runners.at(-1)?.calls.put({ state: 'running' });
    }
    let halfway = 0;
    const running = runners.map((runner) => {
      let counted = false;
      return runner.run(() => {
        if (!counted) halfway += 1;
        counted = true;
      });
    });
    await until(() => halfway >= jobs / 2, 'half of the jobs to be halfway', 60_000);
    database.kill('SIGQUIT');
    await database.startAgain();
    await Promise.all(running);

    const pipeline = await followPipeline(house.api, repository, sha, ({ status }) => status === 'success');
    const rows = 'SELECT status, handout, count(*)::int AS n FROM job WHERE pipeline_id = $1 GROUP BY 1, 2';
    expect(await house.rows(rows, pipeline.id)).toEqual([{ status: 'success', handout: 1, n: jobs }]);
    for (const { calls, bytes, ends } of runners) {
      const path = `/api/v4/projects/${pipeline.project_id}/jobs/${calls.job.id}/trace`;
      const answer = await fetch(`${house.server.url}${path}`, { headers: { 'private-token': house.api.token } });
      const stored = Buffer.from(await answer.arrayBuffer());
      expect(crc32(stored)).toBe(crc32(bytes));
      expect(stored.equals(bytes)).toBe(true);
      expect(ends.filter((status) => status === 200).length).toBeLessThanOrEqual(1);
    }
    const told = await house.rows<{ n: number }>(
      `SELECT count(*)::int AS n FROM outbox_event WHERE type = 'job.finished' GROUP BY payload ->> 'jobId'`,
    );
    expect(new Set(told.map(({ n }) => n))).toEqual(new Set([1]));
    expect(told.length).toBe(jobs);
    const resumed = runners.reduce((sum, runner) => sum + runner.resumed, 0);
    const resent = runners.reduce((sum, runner) => sum + runner.resent, 0);
    process.stdout.write(
      `${jobs} jobs over a restart of PostgreSQL: ${resumed} pieces resumed, ${resent} logs resent\n`,
    );
  }, 180_000);
});
