import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { asker, type RunnerStage, startRunnerStage } from '../testing/runner-stage.js';
import { newRunnerToken } from './tokens.js';

describe('a runner about itself', () => {
  let stage: RunnerStage;
  beforeAll(async () => {
    stage = await startRunnerStage();
  });
  afterAll(() => stage.stop());

  const runner = async () => stage.runner(await stage.project());
  const verify = (token: string, systemId = 's_0123456789ab') =>
    stage.post('runners/verify', asker(token, { system_id: systemId }));

  it('is told its id and its token, by the header as well as by the body', async () => {
    const token = await runner();
    const answer = await verify(token);
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { id: expect.any(Number), token, token_expires_at: null },
    ]);
    const byHeader = await stage.post('runners/verify', { info: {} }, { 'runner-token': token });
    expect(byHeader.status).toBe(200);
  });

  it('is refused with 403 when it is not known, never 401 or 404', async () => {
    for (const token of [newRunnerToken(), 'glrt-', '', 'x'.repeat(1000)]) {
      expect((await verify(token)).status).toBe(403);
      expect((await stage.request(token)).status).toBe(403);
    }
  });

  it('forgets one host and keeps the others', async () => {
    const token = await runner();
    await verify(token, 's_aaaaaaaaaaaa');
    await verify(token, 's_bbbbbbbbbbbb');
    const forget = (systemId: string) => stage.delete('runners/managers', { token, system_id: systemId });
    expect((await forget('s_aaaaaaaaaaaa')).status).toBe(204);
    expect((await stage.request(token, { system_id: 's_bbbbbbbbbbbb' })).status).toBe(204);
    expect((await forget('s_bbbbbbbbbbbb')).status).toBe(204);
    expect((await forget('s_cccccccccccc')).status).toBe(404);
    expect((await stage.delete('runners/managers', { token })).status).toBe(400);
    expect((await stage.delete('runners', { token })).status).toBe(204);
    expect((await verify(token)).status).toBe(403);
  });

  it('gets another token, and the old one is refused', async () => {
    const token = await runner();
    const answer = await stage.post('runners/reset_authentication_token', { token });
    const { token: next } = (await answer.json()) as { token: string };
    expect([answer.status, next.slice(0, 5)]).toEqual([201, 'glrt-']);
    expect((await verify(token)).status).toBe(403);
    expect((await verify(next)).status).toBe(200);
  });

  it('is refused when its token has expired', async () => {
    const token = await runner();
    await stage.database.pool.query("UPDATE runner SET token_expires_at = now() - interval '1 hour'");
    expect((await stage.request(token)).status).toBe(403);
    await stage.database.pool.query('UPDATE runner SET token_expires_at = NULL');
  });

  it('cannot be registered with a registration token, and is told what to do', async () => {
    const answer = await stage.post('runners', { token: 'anything', info: {} });
    expect([answer.status, await answer.text()]).toEqual([
      410,
      expect.stringContaining('Create the runner in Crosstie'),
    ]);
  });

  it('is told that there is no job router', async () => {
    const token = await runner();
    expect((await stage.get('runners/router/discovery', { 'runner-token': token })).status).toBe(501);
    expect((await stage.request(token)).status).toBe(204);
  });

  it('RA4: of a protected runner each new host is in the audit, once; of others none', async () => {
    const [plain, guarded] = [await runner(), await runner()];
    const guard = "UPDATE runner SET access_level = 'ref_protected' WHERE token_hash = sha256($1::bytea)";
    await stage.database.pool.query(guard, [Buffer.from(guarded)]);
    for (const token of [plain, guarded])
      for (const host of ['s_audit0000001', 's_audit0000001']) await verify(token, host);
    await verify(guarded, 's_audit0000002');
    const sql =
      "SELECT details ->> 'systemId' AS host FROM audit_event WHERE action = 'runner.manager_added' ORDER BY id";
    const { rows } = await stage.database.pool.query<{ host: string }>(sql);
    expect(rows.map(({ host }) => host)).toEqual(['s_audit0000001', 's_audit0000002']);
  });

  it('RA1: random tokens are refused, and soon without a look, while a good runner goes on', async () => {
    const token = await runner();
    expect((await stage.request(token)).status).toBe(204);
    const before = stage.database.counts.byName.get('authenticate_runner') ?? 0;
    const statuses = new Set<number>();
    // Without sockets, which would be most of the work of ten thousand calls.
    const fastify = stage.app.getHttpAdapter().getInstance();
    let retryAfter: unknown;
    for (let n = 0; n < 10_000; n += 1) {
      const payload = { token: newRunnerToken() };
      const answer = await fastify.inject({ method: 'POST', url: '/api/v4/runners/verify', payload });
      statuses.add(answer.statusCode);
      retryAfter = answer.headers['retry-after'];
    }
    expect([...statuses]).toEqual([403, 429]);
    expect(retryAfter).toMatch(/^\d+$/);
    expect((stage.database.counts.byName.get('authenticate_runner') ?? 0) - before).toBeLessThan(150);
    expect((await stage.request(token)).status).toBe(204);
    stage.clock.advance(61_000);
    expect((await verify(newRunnerToken())).status).toBe(403);
  }, 120_000);
});
