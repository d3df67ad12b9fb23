import { describe, expect, it } from '@jest/globals';

import { applyDecision, type JobStatus, playJob, settle, startPipeline, unscheduleJob } from './index.js';
import { changesOf, graphOf, indexOf, namesOf, stateOf } from './testing/pipelines.js';

const graph = graphOf({
  build: { stage: 'build' },
  approve: { stage: 'gate', when: 'manual' },
  deploy: { stage: 'deploy' },
});

describe('a manual job (4.3, 6.4)', () => {
  it('waits for its turn first, then for a person, and holds up what comes after it', () => {
    const start = startPipeline(graph);
    expect(changesOf(graph, start)).toEqual({ build: 'pending', approve: 'created', deploy: 'created' });
    const decision = settle(graph, stateOf(graph, { build: 'success' }));
    expect(changesOf(graph, decision)).toEqual({ approve: 'manual' });
    expect(decision.pipelineStatus).toBe('manual');
    expect(decision.queue).toEqual([]);
  });

  it('is skipped when what comes before it failed', () => {
    const decision = settle(graph, stateOf(graph, { build: 'failed' }));
    expect(changesOf(graph, decision)).toEqual({ approve: 'skipped', deploy: 'skipped' });
  });

  it('holds nothing up when it may fail, and its pipeline succeeds without it', () => {
    const optional = graphOf({
      build: { stage: 'build' },
      approve: { stage: 'gate', when: 'manual', allowFailure: true },
      deploy: { stage: 'deploy' },
    });
    const decision = settle(optional, stateOf(optional, { build: 'success' }));
    expect(changesOf(optional, decision)).toEqual({ approve: 'manual', deploy: 'pending' });
    const ended = stateOf(optional, { build: 'success', approve: 'manual', deploy: 'success' });
    expect(settle(optional, ended).pipelineStatus).toBe('success');
  });

  it('holds up with exit codes to forgive, since it has not failed with one of them', () => {
    const soft = graphOf({
      approve: { stage: 'gate', when: 'manual', allowFailure: [3] },
      deploy: { stage: 'deploy' },
    });
    expect(changesOf(soft, startPipeline(soft))).toEqual({ approve: 'manual', deploy: 'created' });
  });

  it('that may fail skips what needs it until it is played', () => {
    const dag = graphOf({
      approve: { when: 'manual', allowFailure: true },
      after: { needs: ['approve'] },
      last: { needs: ['after'] },
      other: {},
    });
    const state = applyDecision([], startPipeline(dag));
    expect(state.map((job) => job.status)).toEqual(['manual', 'skipped', 'skipped', 'pending']);
    const played = playJob(dag, state, 0);
    expect(played.ok && changesOf(dag, played.value)).toEqual({
      approve: 'pending',
      after: 'created',
      last: 'created',
    });
  });
});

describe('playing (6.4)', () => {
  it('queues the job and lets the pipeline go on', () => {
    const played = playJob(graph, stateOf(graph, { build: 'success', approve: 'manual' }), 1);
    expect(played.ok && changesOf(graph, played.value)).toEqual({ approve: 'pending' });
    expect(played.ok && namesOf(graph, played.value.queue)).toEqual(['approve']);
    expect(played.ok && played.value).toMatchObject({ pipelineStatus: 'running', renew: [], mark: 'resumed' });
  });

  it.each<JobStatus>(['success', 'failed', 'canceled'])('a manual job that is %s runs it again', (status) => {
    const played = playJob(graph, stateOf(graph, { build: 'success', approve: status, deploy: 'skipped' }), 1);
    expect(played.ok && changesOf(graph, played.value)).toEqual({ approve: 'pending', deploy: 'created' });
    expect(played.ok && namesOf(graph, played.value.renew)).toEqual(['approve']);
  });

  it.each<JobStatus>(['created', 'pending', 'running', 'skipped', 'waiting_for_resource'])(
    'is refused while it is %s',
    (status) => {
      const played = playJob(graph, stateOf(graph, { build: 'success', approve: status }), 1);
      expect(played).toEqual({ ok: false, refusal: { code: 'job_not_playable', status } });
    },
  );

  it('is refused for a job that starts by itself', () => {
    const played = playJob(graph, stateOf(graph, { build: 'failed' }), 0);
    expect(played).toEqual({ ok: false, refusal: { code: 'job_not_playable', status: 'failed' } });
  });

  it('is refused for a job that is not there', () => {
    expect(playJob(graph, [], 17)).toEqual({ ok: false, refusal: { code: 'job_not_found' } });
  });

  it('lets a job that uses a resource wait for it', () => {
    const locked = graphOf({ deploy: { when: 'manual', usesResource: true } });
    const played = playJob(locked, [{ status: 'manual', exitCode: null }], 0);
    expect(played.ok && changesOf(locked, played.value)).toEqual({ deploy: 'waiting_for_resource' });
    expect(played.ok && played.value.queue).toEqual([]);
  });
});

describe('a delayed job (4.3, 6.4)', () => {
  const timed = graphOf({
    build: { stage: 'build' },
    rollout: { stage: 'deploy', when: 'delayed', startInS: 1800 },
    report: { stage: 'report' },
  });

  it('is scheduled when its turn comes, not before', () => {
    expect(changesOf(timed, startPipeline(timed))).toMatchObject({ rollout: 'created' });
    const decision = settle(timed, stateOf(timed, { build: 'success' }));
    expect(changesOf(timed, decision)).toEqual({ rollout: 'scheduled' });
    expect(decision.pipelineStatus).toBe('scheduled');
    expect(timed.jobs[indexOf(timed, 'rollout')]?.startInS).toBe(1800);
  });

  it('is queued when its time has come, and not earlier', () => {
    const waiting = stateOf(timed, { build: 'success', rollout: 'scheduled' });
    expect(settle(timed, waiting).changes).toEqual([]);
    const due = stateOf(timed, { build: 'success', rollout: { status: 'scheduled', exitCode: null, isDue: true } });
    expect(changesOf(timed, settle(timed, due))).toEqual({ rollout: 'pending' });
  });

  it('may be started by a person before its time', () => {
    const played = playJob(timed, stateOf(timed, { build: 'success', rollout: 'scheduled' }), 1);
    expect(played.ok && changesOf(timed, played.value)).toEqual({ rollout: 'pending' });
  });

  it('may be taken off its schedule, and then waits for a person', () => {
    const state = stateOf(timed, { build: 'success', rollout: 'scheduled' });
    const off = unscheduleJob(timed, state, 1);
    expect(off.ok && changesOf(timed, off.value)).toEqual({ rollout: 'manual' });
    expect(off.ok && off.value.pipelineStatus).toBe('manual');
    expect(unscheduleJob(timed, stateOf(timed, {}), 0)).toMatchObject({ ok: false });
    expect(unscheduleJob(timed, [], 9)).toEqual({ ok: false, refusal: { code: 'job_not_found' } });
  });

  it('holds up what comes after it until it has run', () => {
    const state = stateOf(timed, { build: 'success', rollout: 'running' });
    expect(settle(timed, state).changes).toEqual([]);
    const ran = stateOf(timed, { build: 'success', rollout: 'success' });
    expect(changesOf(timed, settle(timed, ran))).toEqual({ report: 'pending' });
  });
});
