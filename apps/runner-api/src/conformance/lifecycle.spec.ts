import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { newRunnerToken } from '../runners/tokens.js';
import { asker, type RunnerStage, startRunnerStage } from '../testing/runner-stage.js';
import { stagePerson } from '../testing/stage-person.js';

/** By the numbers of the protocol page's conformance tests. */
describe('conformance of the lifecycle, with a scripted runner', () => {
  let stage: RunnerStage;
  beforeAll(async () => {
    stage = await startRunnerStage();
  });
  afterAll(() => stage.stop());

  it('C2: an unknown token is answered 403 by verify', async () => {
    for (const token of [newRunnerToken(), 'glrt-x', 'anything']) {
      const answer = await stage.post('runners/verify', asker(token));
      expect(answer.status).toBe(403);
    }
  });

  it('C4: a person resets a token with the body `null`; the old one is refused, the new one works', async () => {
    const admin = await stagePerson(stage, { admin: true });
    const made = await admin.call('POST', 'user/runners', { runner_type: 'instance_type' });
    const { id, token } = made.body as { id: number; token: string };
    const reset = await fetch(`${stage.url}/api/v4/runners/${id}/reset_authentication_token`, {
      method: 'POST',
      headers: { 'private-token': admin.token, 'content-type': 'application/json', accept: 'application/json' },
      body: 'null',
    });
    const answer = (await reset.json()) as { token: string; token_expires_at: string | null };
    expect([reset.status, reset.headers.get('content-type')]).toEqual([201, 'application/json; charset=utf-8']);
    expect(answer.token_expires_at).toBeNull();
    expect((await stage.post('runners/verify', asker(token))).status).toBe(403);
    expect((await stage.post('runners/verify', asker(answer.token))).status).toBe(200);
  });

  it('C49: there is no job router, and polling works all the same', async () => {
    const token = await stage.runner(await stage.project());
    expect((await stage.get('runners/router/discovery', { 'runner-token': token })).status).toBe(501);
    expect((await stage.request(token)).status).toBe(204);
  });
});

describe('conformance of tokens that expire, with a scripted runner', () => {
  let stage: RunnerStage;
  beforeAll(async () => {
    stage = await startRunnerStage({ runnerTokenLifetimeMs: 3_600_000 });
  });
  afterAll(() => stage.stop());

  it('C5: the end of a token is null or an RFC 3339 time, and moves when the token is rotated', async () => {
    const unlimited = await stage.runner(await stage.project());
    const first = (await (await stage.post('runners/verify', asker(unlimited))).json()) as Record<string, unknown>;
    expect(first['token_expires_at']).toBeNull();

    const admin = await stagePerson(stage, { admin: true });
    const made = await admin.call('POST', 'user/runners', { runner_type: 'instance_type' });
    const { token, token_expires_at: end } = made.body as { token: string; token_expires_at: string };
    const leftS = (text: string) => Math.round((new Date(text).getTime() - stage.clock.ms()) / 60_000) * 60;
    expect(leftS(end)).toBe(3_600);
    stage.clock.advance(2_700_000);
    const rotated = await stage.post('runners/reset_authentication_token', { token });
    const next = (await rotated.json()) as { token: string; token_expires_at: string };
    expect(rotated.status).toBe(201);
    expect(next.token_expires_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
    expect(leftS(next.token_expires_at)).toBe(3_600);
    expect((await stage.request(token)).status).toBe(403);
    stage.clock.advance(3_500_000);
    expect((await stage.request(next.token)).status).toBe(204);
    stage.clock.advance(200_000);
    expect((await stage.request(next.token)).status).toBe(403);
  });
});
