import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { ApiDeadLetter } from './dead-letters.controller.js';
import type { ApiDelivery } from './delivery-reads.js';
import type { PipelineView } from './pipeline-views.js';
import { ApiHouse, type Asker } from './testing/api-house.js';

describe('what GitLab has no word for', () => {
  let house: ApiHouse;
  let project: number;
  let admin: Asker;

  beforeAll(async () => {
    house = await ApiHouse.start();
    project = await house.project('acme/widget');
    admin = await house.person({}, { admin: true });
  });
  afterAll(() => house.stop());

  let deliveries = 0;
  function delivery(row: Record<string, unknown>): Promise<number> {
    deliveries += 1;
    return house.insert('webhook_delivery', {
      host: 'github.test',
      guid: `guid-${deliveries}`,
      event: 'push',
      body: gzipSync('{}'),
      body_size: 2,
      body_sha256: Buffer.alloc(32, deliveries),
      state: 'done',
      ...row,
    });
  }

  it('says of each delivery in a sentence what became of it', async () => {
    const made = await delivery({ project_id: project });
    const pipeline = await house.pipeline(project, { delivery_id: made, status: 'running' });
    await delivery({ reason: 'no_ci_file', detail: 'gitlab/.gitlab-ci.yml', recovered: true });
    await delivery({ state: 'waiting', detail: 'GitHub does not show the commit yet' });
    await delivery({ state: 'dead', detail: 'it broke' });
    const list = (await admin.get('/api/crosstie/v1/deliveries')).json<ApiDelivery[]>();
    expect(list.map(({ state, reason, sentence, pipeline_ids }) => [state, reason, sentence, pipeline_ids])).toEqual([
      ['dead', null, 'It could not be handled: it broke. An operator can replay it.', []],
      ['waiting', null, 'It goes on later: GitHub does not show the commit yet.', []],
      ['done', 'no_ci_file', 'There is no CI file at gitlab/.gitlab-ci.yml in this commit.', []],
      ['done', null, '', [pipeline]],
    ]);
    expect(list[3]).toMatchObject({
      project: { path_with_namespace: 'acme/widget' },
      pipelines: [{ id: pipeline, status: 'running', web_path: `/acme/widget/-/pipelines/${pipeline}` }],
    });
    expect(list[2]?.recovered).toBe(true);
    const dead = (await admin.get('/api/crosstie/v1/deliveries?state=dead&per_page=1')).json<ApiDelivery[]>();
    expect(dead.map(({ state }) => state)).toEqual(['dead']);
    const byGuid = await admin.get(`/api/crosstie/v1/deliveries/${list[3]?.guid ?? ''}`);
    expect(byGuid.json<ApiDelivery>().id).toBe(made);
    expect((await admin.get('/api/crosstie/v1/deliveries/none')).status).toBe(404);
    expect((await admin.get('/api/crosstie/v1/deliveries?state=odd')).status).toBe(400);
  });

  it('handles a delivery once more that made no pipeline, and no other', async () => {
    const id = await delivery({ event: 'star', reason: 'event_not_used' });
    const answer = await admin.post(`/api/crosstie/v1/deliveries/${id}/replay`);
    expect(answer.status).toBe(200);
    const told = await house.rows<{ payload: unknown }>(
      `SELECT payload FROM outbox_event WHERE type = 'github.other' AND payload->>'deliveryId' = $1`,
      [String(id)],
    );
    expect(told).toHaveLength(1);
    const made = await delivery({});
    await house.pipeline(project, { delivery_id: made });
    const refused = await admin.post(`/api/crosstie/v1/deliveries/${made}/replay`);
    expect([refused.status, refused.json()]).toEqual([
      409,
      { message: 'The delivery has made a pipeline: retry that instead.' },
    ]);
    const audit = await house.rows<{ entity_id: number }>(
      `SELECT entity_id FROM audit_event WHERE action = 'delivery.replayed'`,
      [],
    );
    expect(audit.map((line) => line.entity_id)).toContain(id);
  });

  it('keeps deliveries and dead letters for administrators', async () => {
    const dana = await house.person({ [project]: 40 });
    for (const path of ['deliveries', 'deliveries/1', 'dead-letters']) {
      expect((await dana.get(`/api/crosstie/v1/${path}`)).status).toBe(403);
    }
    expect((await dana.post('/api/crosstie/v1/dead-letters/1/replay')).status).toBe(403);
  });

  it('lists dead letters with their first error and gives them to their service again', async () => {
    const id = await house.insert('dead_letter', {
      service: 'status-reporter',
      event_id: '7b1f7d0a-0000-4000-8000-000000000001',
      type: 'pipeline.changed',
      payload: JSON.stringify({ pipelineId: 1, projectId: project, status: 'failed' }),
      error: 'Error: it broke',
      attempts: 5,
    });
    const [letter] = (await admin.get('/api/crosstie/v1/dead-letters')).json<ApiDeadLetter[]>();
    expect(letter).toMatchObject({ id, service: 'status-reporter', error: 'Error: it broke', replayed_at: null });
    expect((await admin.post(`/api/crosstie/v1/dead-letters/${id}/replay`)).status).toBe(200);
    const events = await house.rows<{ only_service: string }>(
      `SELECT only_service FROM outbox_event WHERE type = 'pipeline.changed' AND only_service IS NOT NULL`,
      [],
    );
    expect(events).toEqual([{ only_service: 'status-reporter' }]);
    expect((await admin.post('/api/crosstie/v1/dead-letters/999/replay')).status).toBe(404);
  });

  describe('a refused pipeline', () => {
    let refused: number;
    const view = async (who: Asker) => (await who.get(`/api/crosstie/v1/pipelines/${refused}`)).json<PipelineView>();

    beforeAll(async () => {
      refused = await house.pipeline(project, {
        status: 'failed',
        failure_reason: 'sender_not_linked',
        failure_message: 'kim is not linked to a Crosstie user. Anyone who may run pipelines here can retry it.',
      });
      await house.rows(`INSERT INTO pipeline_attempt (pipeline_id, n, cause) VALUES ($1, 1, 'push')`, [refused]);
    });

    it('offers who may run it to run it as themselves', async () => {
      const dana = await house.person({ [project]: 30 });
      await house.link(dana.userId);
      expect(await view(dana)).toMatchObject({
        refusal: {
          reason: 'sender_not_linked',
          sentence: 'kim is not linked to a Crosstie user. Anyone who may run pipelines here can retry it.',
          remedy: 'run_as_me',
          helpers: [],
        },
        attempts: [{ n: 1, username: null, cause: 'push' }],
        actions: { retry: { allowed: true, reason: null }, cancel: { allowed: false } },
      });
    });

    it('offers who is not linked to link, and tells others whom to ask', async () => {
      const unlinked = await house.person({ [project]: 30 });
      expect(await view(unlinked)).toMatchObject({
        refusal: { remedy: 'link_account' },
        actions: { retry: { allowed: false, reason: expect.stringMatching(/^Link your GitHub account/) as unknown } },
      });
      const guest = await house.person({ [project]: 10 });
      const seen = await view(guest);
      expect(seen.refusal?.remedy).toBe('ask_someone');
      expect(seen.refusal?.helpers.length).toBeGreaterThan(0);
    });

    it('is not there for who may not see the project', async () => {
      const stranger = await house.person();
      expect((await stranger.get(`/api/crosstie/v1/pipelines/${refused}`)).status).toBe(404);
    });
  });

  it('tells what GitHub was to be told and what it has taken', async () => {
    const pipeline = await house.pipeline(project, { status: 'running' });
    await house.insert('commit_status', {
      project_id: project,
      installation_id: 1,
      sha: 'cd'.repeat(20),
      context: 'crosstie',
      pipeline_id: pipeline,
      wanted_state: 'success',
      wanted_description: 'x',
      target_url: 'https://x.test',
      sent_state: 'pending',
      last_error: '502',
    });
    const view = (await admin.get(`/api/crosstie/v1/pipelines/${pipeline}`)).json<PipelineView>();
    expect(view.verdict).toMatchObject({ wanted: 'success', sent: 'pending', last_error: '502' });
    expect(view.refusal).toBeNull();
  });
});
