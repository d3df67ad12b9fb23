import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type PushingStage, startPushingStage } from '../testing/pushing-stage.js';

describe('a push', () => {
  let stage: PushingStage;
  beforeAll(async () => {
    stage = await startPushingStage();
  }, 60_000);
  afterAll(() => stage.stop());

  it('becomes one pipeline of the person who pushed, with what may run in the queue', async () => {
    const sha = await stage.push({ 'a.txt': 'a' });
    const pipeline = await stage.pipelineOf(sha);
    expect(pipeline).toMatchObject({ status: 'pending', sender_id: stage.dana.id, ref: 'main', recovered: false });
    const jobs = await stage.jobs(pipeline.id);
    expect(jobs).toMatchObject([
      { name: 'compile', status: 'pending' },
      { name: 'unit', status: 'created' },
    ]);
    expect(await stage.rows('SELECT job_id FROM queue_entry')).toEqual([{ job_id: jobs[0]?.id }]);
    expect(await stage.outcomeOf(sha)).toMatchObject({ state: 'done', reason: null });
  });
});
