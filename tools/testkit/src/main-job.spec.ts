import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PocketRunner, startPocketRunner } from '@crosstie/pocket-runner';

import type { Api } from './api.js';
import { followPipeline, type PipelineView, statusesOf } from './pipelines.js';
import { makeWorld, repository } from './world.js';
import { type Stage, startStage } from './stage.js';
import { until } from './until.js';

/** The main job of the house, on real input: webhook, form, API; nothing is written into tables. */
describe('the main job', () => {
  let stage: Stage;
  let dana: Api;
  let runner: PocketRunner | undefined;
  let builds: string;

  beforeAll(async () => {
    stage = await startStage();
    builds = await mkdtemp(join(tmpdir(), 'crosstie-builds-'));
    await makeWorld(stage.github);
    await stage.setUp('kim', 'acme');
    await stage.project(repository);
    await stage.signIn('dana');
    dana = await stage.api('dana');
    runner = await startPocketRunner({
      url: stage.url,
      token: await stage.runnerToken(),
      buildsDir: builds,
      concurrent: 2,
      pollIntervalMs: 50,
      logIntervalMs: 100,
    });
  }, 60_000);

  afterAll(async () => {
    await runner?.stop();
    await stage.stop();
    await rm(builds, { recursive: true, force: true });
  });

  async function push(files: Record<string, string>, pusher = 'dana'): Promise<string> {
    return (await stage.github.push(repository, { pusher, files })).after;
  }

  const follow = (sha: string, status: string): Promise<PipelineView> =>
    followPipeline(dana, repository, sha, (pipeline) => pipeline.status === status);

  /** The sequence of statuses that GitHub received for a commit, once the last one is there. */
  async function sequence(sha: string, last: string): Promise<string[]> {
    const statuses = await until(async () => {
      const found = await statusesOf(stage.github, repository, sha);
      return found.at(-1)?.state === last && found;
    }, `the status ${last} on ${sha}`);
    return statuses.map(({ state, description }) => `${state}: ${description}`);
  }

  it('runs a good push to its end and says so on the commit', async () => {
    const sha = await push({ 'good.txt': 'good\n' });
    const pipeline = await follow(sha, 'success');
    expect(pipeline.jobs.map(({ name, status }) => [name, status])).toEqual([
      ['build', 'success'],
      ['unit', 'success'],
      ['lint', 'success'],
      ['report', 'success'],
    ]);
    const statuses = await sequence(sha, 'success');
    expect(statuses[0]).toMatch(/^pending: /);
    expect(statuses.at(-1)).toMatch(/^success: /);
    expect(statuses.length).toBeLessThanOrEqual(3);
  }, 60_000);

  it('ends a failing push with its failed job, skipping what comes after', async () => {
    const sha = await push({ 'run-tests.sh': 'exit 7\n' });
    const pipeline = await follow(sha, 'failed');
    const byName = Object.fromEntries(pipeline.jobs.map(({ name, status }) => [name, status]));
    expect(byName).toEqual({ build: 'success', unit: 'failed', lint: 'success', report: 'skipped' });
    expect((await sequence(sha, 'failure'))[0]).toMatch(/^pending: /);
    await push({ 'run-tests.sh': '#!/bin/sh\necho fine\n' }).then((next) => follow(next, 'failed'));
  }, 60_000);

  it('refuses the push of somebody who is not linked, and runs it as who retries it', async () => {
    await stage.github.push(repository, {
      pusher: 'dana',
      files: { 'run-tests.sh': { executable: '#!/bin/sh\necho fine\n' } },
      deliver: false,
    });
    const sha = await push({ 'erin.txt': 'hello\n' }, 'erin');
    const refused = await follow(sha, 'failed');
    expect(refused.failure_reason).toBe('sender_not_linked');
    expect(refused.jobs).toEqual([]);
    const [first] = await sequence(sha, 'failure');
    expect(first).toMatch(/^failure: .*link/i);

    const retry = await dana.post(`/api/v4/projects/${refused.project_id}/pipelines/${refused.id}/retry`);
    expect(retry.status).toBe(201);
    const again = await follow(sha, 'success');
    expect(again).toMatchObject({ id: refused.id, user: { username: 'dana' } });
    expect((await sequence(sha, 'success')).at(-1)).toMatch(/^success: /);
  }, 60_000);

  it('never showed GitHub a request or an answer that its description does not allow', async () => {
    expect(await stage.github.contractViolations()).toEqual([]);
  });
});
