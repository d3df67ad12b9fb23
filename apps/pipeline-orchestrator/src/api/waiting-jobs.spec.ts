import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ciPath, type PushingStage, startPushingStage } from '../testing/pushing-stage.js';
import type { JobView } from './job-views.controller.js';
import type { PipelineView } from './pipeline-views.js';

const file = `
gpu: {tags: [linux, gpu], script: [train]}
deploy: {when: manual, script: [deploy]}
later: {when: delayed, start_in: 1 hour, script: [clean]}
`;

describe('a job that waits', () => {
  let stage: PushingStage;
  let pipelineId: number;

  beforeAll(async () => {
    stage = await startPushingStage();
    pipelineId = (await stage.pipelineOf(await stage.push({ [ciPath]: file }))).id;
  }, 60_000);
  afterAll(() => stage.stop());

  async function view(name: string): Promise<JobView> {
    const job = (await stage.jobs(pipelineId)).find((one) => one.name === name);
    return stage.asDana.read<JobView>(`/api/crosstie/v1/jobs/${job?.id}`);
  }

  it('says that no runner has its tags, and what is missing once there is one', async () => {
    expect(await view('gpu')).toMatchObject({
      stuck: true,
      explanation: 'Stuck: there is no runner with the tags gpu, linux.',
    });
    const token = await stage.runnerToken(['linux', 'gpu', 'big']);
    expect((await view('gpu')).explanation).toBe(
      'Stuck: no runner with the tags gpu, linux was in contact for two hours.',
    );
    const verified = await fetch(`${stage.url}/api/v4/runners/verify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token, system_id: 's_waiting00000', info: { version: '19.4.0' } }),
    });
    expect(verified.status).toBe(200);
    expect(await view('gpu')).toMatchObject({
      stuck: false,
      explanation: 'Waits for a runner with the tags gpu, linux.',
    });
  });

  it('says when it starts, and who may start it now', async () => {
    expect(await view('deploy')).toMatchObject({
      stuck: false,
      explanation: 'Waits for somebody to start it.',
      actions: { play: { allowed: true } },
    });
    const later = await view('later');
    expect(Date.parse(later.scheduled_at ?? '') - stage.clock.ms()).toBeGreaterThan(3_000_000);
    expect(later.actions.play).toEqual({ allowed: true, reason: null });
    const pipeline = await stage.asDana.read<PipelineView>(`/api/crosstie/v1/pipelines/${pipelineId}`);
    expect(pipeline.actions.play).toEqual({ allowed: true, reason: null });
  });
});
