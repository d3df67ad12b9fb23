import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { Api } from './api.js';
import type { Running } from './processes.js';
import { findGitlabRunner } from './demo/runner.js';
import { followPipeline } from './pipelines.js';
import { type Stage, startStage } from './stage.js';
import { makeWorld, repository } from './world.js';

const program = await findGitlabRunner();

/** Where a real gitlab-runner is on PATH or in CROSSTIE_GITLAB_RUNNER; skipped elsewhere. */
(program ? describe : describe.skip)('the main job with a real gitlab-runner', () => {
  let stage: Stage;
  let dana: Api;
  let directory: string;
  let runner: Running | undefined;

  beforeAll(async () => {
    stage = await startStage();
    directory = await mkdtemp(join(tmpdir(), 'crosstie-gitlab-runner-'));
    await mkdir(join(directory, 'runner'));
    await makeWorld(stage.github);
    await stage.setUp('kim', 'acme');
    await stage.project(repository);
    await stage.signIn('dana');
    dana = await stage.api('dana');
    const token = await stage.runnerToken();
    runner = await program?.start(stage.url, token, 1, join(directory, 'runner'));
  }, 60_000);

  afterAll(async () => {
    await runner?.stop();
    await stage.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function traceOf(projectId: number, jobId: number): Promise<string> {
    return String((await dana.get(`/api/v4/projects/${projectId}/jobs/${jobId}/trace`)).body);
  }

  it('clones from GitHub with the leased token, hands artifacts on, and masks the token in its log', async () => {
    const { after } = await stage.github.push(repository, {
      pusher: 'dana',
      files: { 'run-tests.sh': { executable: '#!/bin/sh\necho "the remote is $(git remote get-url origin)"\n' } },
    });
    const pipeline = await followPipeline(dana, repository, after, ({ status }) => status === 'success');
    expect(pipeline.jobs.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'build success',
      'unit success',
      'lint success',
      'report success',
    ]);
    const unit = pipeline.jobs.find(({ name }) => name === 'unit');
    const log = await traceOf(pipeline.project_id, unit?.id ?? 0);
    expect(log).toContain('the remote is');
    for (const { value } of await stage.github.secrets()) expect(log).not.toContain(value);
    process.stdout.write(`${program?.label}, the end of its log:\n${log.trimEnd().split('\n').slice(-4).join('\n')}\n`);
  }, 90_000);

  it('stops a job that is cancelled, with SIGTERM to its script', async () => {
    const { after } = await stage.github.push(repository, {
      pusher: 'dana',
      files: {
        'gitlab/.gitlab-ci.yml':
          "wait:\n  script:\n    - trap 'echo it was told to stop; exit 1' TERM\n    - sleep 600 & wait\n",
      },
    });
    const running = await followPipeline(dana, repository, after, ({ jobs }) => jobs[0]?.status === 'running');
    await dana.post(`/api/v4/projects/${running.project_id}/pipelines/${running.id}/cancel`);
    const ended = await followPipeline(dana, repository, after, ({ status }) => status === 'canceled');
    expect(ended.jobs).toMatchObject([{ name: 'wait', status: 'canceled' }]);
  }, 90_000);
});
