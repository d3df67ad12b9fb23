import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startPocketRunner } from '@crosstie/pocket-runner';
import { afterAll, beforeAll, describe } from '@jest/globals';

import type { Api } from './api.js';
import { findGitlabRunner } from './demo/runner.js';
import { itCarriesTheLanguage } from './language-suite.js';
import { type Stage, startStage } from './stage.js';
import { makeWorld, repository } from './world.js';

const real = await findGitlabRunner();

interface Stoppable {
  stop(): Promise<unknown>;
}
type Start = (url: string, token: string, directory: string) => Promise<Stoppable | undefined>;

const pocket: Start = (url, token, buildsDir) =>
  startPocketRunner({ url, token, buildsDir, concurrent: 2, pollIntervalMs: 50, logIntervalMs: 100 });
const gitlab: Start = async (url, token, directory) => real?.start(url, token, 1, directory);

function carriedBy(start: Start): void {
  let stage: Stage;
  let dana: Api;
  let directory: string;
  let runner: Stoppable | undefined;

  beforeAll(async () => {
    stage = await startStage();
    directory = await mkdtemp(join(tmpdir(), 'crosstie-language-'));
    await mkdir(join(directory, 'runner'));
    await makeWorld(stage.github);
    await stage.setUp('kim', 'acme');
    await stage.project(repository);
    await stage.signIn('dana');
    dana = await stage.api('dana');
    runner = await start(stage.url, await stage.runnerToken(), join(directory, 'runner'));
  }, 60_000);

  afterAll(async () => {
    await runner?.stop();
    await stage.stop();
    await rm(directory, { recursive: true, force: true });
  });

  itCarriesTheLanguage(() => ({ github: stage.github, dana }));
}

describe('the language, carried to a pocket runner', () => carriedBy(pocket));

/** Where a real gitlab-runner is on PATH or in CROSSTIE_GITLAB_RUNNER; skipped elsewhere. */
(real ? describe : describe.skip)('the language, carried to a real gitlab-runner', () => carriedBy(gitlab));
