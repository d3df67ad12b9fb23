import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { SimulatorControl } from '@crosstie/github-simulator';
import { type PocketRunner, startPocketRunner } from '@crosstie/pocket-runner';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

import type { Api } from './api.js';
import { followPipeline, type PipelineView, statusesOf } from './pipelines.js';
import { until } from './until.js';
import { repository } from './world.js';

/** A house that is set up for `acme` by kim, where dana has signed in. */
export interface MainJobHouse {
  readonly url: string;
  readonly github: SimulatorControl;
  readonly dana: Api;
  readonly runnerToken: string;
}

const withinMs = 240_000;

/**
 * The main job, on real input: by webhook, form and API, with nothing written into tables. The joined services and the
 * separate ones are the same modules, so the same tests run in both. To be called in a `describe`, after the
 * `beforeAll` that starts the house and before the `afterAll` that stops it.
 *
 * @returns what ends the runner earlier than the suite does
 */
export function itDoesTheMainJob(house: () => MainJobHouse): () => Promise<void> {
  let runner: PocketRunner | undefined;
  let builds: string | undefined;

  beforeAll(async () => {
    builds = await mkdtemp(join(tmpdir(), 'crosstie-builds-'));
    const { url, runnerToken: token } = house();
    const timing = { concurrent: 2, pollIntervalMs: 50, logIntervalMs: 100 };
    runner = await startPocketRunner({ url, token, buildsDir: builds, ...timing });
  });

  afterAll(async () => {
    await stopRunner();
    if (builds) await rm(builds, { recursive: true, force: true });
  });

  const stopRunner = async (): Promise<void> => runner?.stop();

  const push = async (files: Record<string, string>, pusher = 'dana'): Promise<string> =>
    (await house().github.push(repository, { pusher, files })).after;

  const follow = (sha: string, status: string): Promise<PipelineView> =>
    followPipeline(house().dana, repository, sha, (pipeline) => pipeline.status === status);

  /** The sequence of statuses that GitHub received for a commit, once the last one is there. */
  async function sequence(sha: string, last: string): Promise<string[]> {
    const statuses = await until(async () => {
      const found = await statusesOf(house().github, repository, sha);
      return found.at(-1)?.state === last && found;
    }, `the status ${last} on ${sha}`);
    return statuses.map(({ state, description }) => `${state}: ${description}`);
  }

  it(
    'runs a good push to its end and says so on the commit',
    async () => {
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
      const trace = `/api/v4/projects/${pipeline.project_id}/jobs/${pipeline.jobs[0]?.id}/trace`;
      expect(String((await house().dana.get(trace)).body)).toContain('hello from acme/widget');
    },
    withinMs,
  );

  it(
    'ends a failing push with its failed job, skipping what comes after',
    async () => {
      const sha = await push({ 'run-tests.sh': 'exit 7\n' });
      const pipeline = await follow(sha, 'failed');
      const byName = Object.fromEntries(pipeline.jobs.map(({ name, status }) => [name, status]));
      expect(byName).toEqual({ build: 'success', unit: 'failed', lint: 'success', report: 'skipped' });
      expect((await sequence(sha, 'failure'))[0]).toMatch(/^pending: /);
    },
    withinMs,
  );

  it(
    'refuses the push of somebody who is not linked, and runs it as who retries it',
    async () => {
      const { github, dana } = house();
      const mended = { 'run-tests.sh': { executable: '#!/bin/sh\necho fine\n' } };
      await github.push(repository, { pusher: 'dana', files: mended, deliver: false });
      const sha = await push({ 'erin.txt': 'hello\n' }, 'erin');
      const refused = await follow(sha, 'failed');
      expect(refused).toMatchObject({ failure_reason: 'sender_not_linked', jobs: [] });
      expect((await sequence(sha, 'failure'))[0]).toMatch(/^failure: .*link/i);

      const retry = await dana.post(`/api/v4/projects/${refused.project_id}/pipelines/${refused.id}/retry`);
      expect(retry.status).toBe(201);
      expect(await follow(sha, 'success')).toMatchObject({ id: refused.id, user: { username: 'dana' } });
      expect((await sequence(sha, 'success')).at(-1)).toMatch(/^success: /);
    },
    withinMs,
  );

  it('never showed GitHub a request or an answer that its description does not allow', async () => {
    expect(await house().github.contractViolations()).toEqual([]);
  });

  return stopRunner;
}
