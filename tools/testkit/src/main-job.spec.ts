import { afterAll, beforeAll, describe } from '@jest/globals';

import { itDoesTheMainJob, type MainJobHouse } from './main-job-suite.js';
import { type Stage, startStage } from './stage.js';
import { makeWorld, repository } from './world.js';

describe('the main job in one process', () => {
  let stage: Stage;
  let house: MainJobHouse;

  beforeAll(async () => {
    stage = await startStage();
    await makeWorld(stage.github);
    await stage.setUp('kim', 'acme');
    await stage.project(repository);
    await stage.signIn('dana');
    const { url, github } = stage;
    house = { url, github, dana: await stage.api('dana'), runnerToken: await stage.runnerToken() };
  }, 60_000);

  itDoesTheMainJob(() => house);

  afterAll(() => stage.stop());
});
