import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { readTrace } from '@crosstie/domain';
import { type PocketRunner, startPocketRunner } from '@crosstie/pocket-runner';
import { until } from '@crosstie/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { Reaper } from './handouts/reaper.js';
import { type JobSketch, type RunnerStage, startRunnerStage } from './testing/runner-stage.js';

/** Without a repository behind it: what is tried here is the protocol, not git. */
const withoutGit = [{ key: 'GIT_STRATEGY', value: 'none', public: true, file: false, masked: false, raw: true }];

describe('a real runner', () => {
  let stage: RunnerStage;
  let buildsDir: string;
  const runners: PocketRunner[] = [];
  beforeAll(async () => {
    stage = await startRunnerStage({ jobAckTimeoutMs: 2000, runnerSilenceLimitMs: 60_000 });
    buildsDir = await mkdtemp(join(tmpdir(), 'builds-'));
  });
  afterEach(async () => {
    await Promise.all(runners.splice(0).map((runner) => runner.kill()));
  });
  afterAll(async () => {
    await stage.stop();
    await rm(buildsDir, { recursive: true, force: true });
  });

  async function start(token: string): Promise<PocketRunner> {
    const quick = { pollIntervalMs: 50, logIntervalMs: 50, keepAliveMs: 100, graceMs: 500 };
    const runner = await startPocketRunner({ url: stage.url, token, buildsDir, ...quick });
    runners.push(runner);
    return runner;
  }

  async function pipeline(...sketches: JobSketch[]) {
    const projectId = await stage.project();
    const token = await stage.runner(projectId);
    const jobs = sketches.map((sketch) => ({ ...sketch, variables: withoutGit }));
    const { jobIds } = await stage.pipeline(projectId, jobs);
    return { token, jobIds };
  }

  const inState = (id: number, status: string) =>
    until(async () => ((await stage.job(id))['status'] === status ? stage.job(id) : null), `job ${id} to be ${status}`);

  async function log(id: number): Promise<string> {
    const parts = await stage.database.run(readTrace, id, 0, 1000);
    return Buffer.concat(parts.flatMap(({ body }) => (body ? [gunzipSync(body)] : []))).toString();
  }

  it('runs jobs one after the other, with log, artifacts and a verdict', async () => {
    const build = { name: 'build', script: ['mkdir -p out', 'echo made > out/file'], artifacts: { paths: ['out/'] } };
    const test = { name: 'test', script: ['rm -rf out.old', 'cat out/file', 'echo "token $CI_JOB_TOKEN"'] };
    const { token, jobIds } = await pipeline(build, test, { name: 'broken', script: ['exit 7'] });
    await start(token);
    for (const id of jobIds) {
      await stage.queue(id);
      await until(async () => (await stage.job(id))['finished_at'] !== null, `job ${id} to end`);
    }
    const [first, second, third] = await Promise.all(jobIds.map((id) => stage.job(id)));
    expect(first).toMatchObject({ status: 'success' });
    expect(second).toMatchObject({ status: 'success' });
    expect(third).toMatchObject({ status: 'failed', failure_reason: 'script_failure', exit_code: 7 });
    expect(await log(jobIds[1] as number)).toMatch(/Downloading artifacts of build[^]*\nmade\n[^]*token \[MASKED\]/);
  });

  it('stops a job that is cancelled, and the job ends as canceled', async () => {
    const { token, jobIds } = await pipeline({
      script: ['echo begun', 'sleep 60'],
      after_script: ['echo "after $CI_JOB_STATUS"'],
    });
    await start(token);
    const id = jobIds[0] as number;
    await stage.queue(id);
    await until(async () => (await log(id)).includes('\nbegun\n'), 'the script to begin');
    await stage.database.pool.query("UPDATE job SET status = 'canceling' WHERE id = $1", [id]);
    await inState(id, 'canceled');
    expect(await log(id)).toContain('after canceled');
  });

  it('that is killed loses its job to the next one, if it had not begun', async () => {
    const { token, jobIds } = await pipeline({ script: ['true'] });
    const id = jobIds[0] as number;
    await stage.queue(id);
    expect((await stage.request(token)).status).toBe(201);
    stage.clock.advance(3000);
    await stage.app.get(Reaper, { strict: false }).runOnce();
    await start(token);
    expect(await inState(id, 'success')).toMatchObject({ handout: 2 });
  });

  it('goes on polling after it was held and sent away', async () => {
    const { token, jobIds } = await pipeline({ script: ['true'] });
    const runner = await start(token);
    await until(() => stage.database.counts.byName.get('authenticate_runner'), 'the first poll');
    stage.clock.advance(60_000);
    await stage.queue(jobIds[0] as number);
    await inState(jobIds[0] as number, 'success');
    await runner.stop();
  });
});
