import { gzipSync } from 'node:zlib';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { armFaults } from '@crosstie/platform';
import { TokenRefused } from '@crosstie/token-vault';
import { searchForCanaries, until, Visitor } from '@crosstie/testkit';

import { type LinkerStage, startLinkerStage } from '../testing/linker-stage.js';

const hourMs = 3_600_000;

describe('tokens by lease', () => {
  let stage: LinkerStage;
  beforeAll(async () => {
    stage = await startLinkerStage();
  });
  afterAll(() => stage.stop());
  afterEach(async () => {
    armFaults('');
    await stage.control.clearFaults();
  });

  const refusalOf = async (work: Promise<unknown>): Promise<string> => {
    const error: unknown = await work.then(
      () => null,
      (caught: unknown) => caught,
    );
    return error instanceof TokenRefused ? error.reason : `not refused: ${String(error)}`;
  };
  const exchanges = async (): Promise<number> =>
    (await stage.control.received({ route: '/login/oauth/access_token' })).filter(
      ({ body }) => (body as { grant_type?: string } | null)?.grant_type === 'refresh_token',
    ).length;
  const works = async (token: string, fullName: string): Promise<boolean> => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${stage.simulator.apiUrl}/repos/${fullName}/contents/a.txt`, { headers })).status === 200;
  };
  const clone = (pipelineId: number, projectId: number, userId: number, mustOutliveMs = 60_000) =>
    stage.tokens.openClone({ pipelineId, projectId, userId, mustOutliveMs });
  const lease = (sql: string, ...parameters: unknown[]) =>
    stage.row<{
      kind: string;
      retired: boolean;
      revoked: boolean;
      sealed: Buffer;
      permissions: Record<string, string>;
    }>(
      `SELECT kind, retired_at IS NOT NULL AS retired, revoked_at IS NOT NULL AS revoked, sealed, permissions
       FROM token_lease WHERE ${sql} ORDER BY id DESC LIMIT 1`,
      ...parameters,
    );

  describe('of the installation', () => {
    it('are narrowed to one repository and one permission, shared, and made anew before they end', async () => {
      const project = await stage.project('shared');
      const [first, second] = [
        await stage.tokens.read({ projectId: project.id }),
        await stage.tokens.read({ projectId: project.id }),
      ];
      expect(second.reveal()).toBe(first.reveal());
      expect(await works(first.reveal(), project.fullName)).toBe(true);
      const [minted] = await stage.control.received({ route: '/app/installations/{installation_id}/access_tokens' });
      expect(minted?.body).toEqual({ repository_ids: [project.repositoryId], permissions: { contents: 'read' } });
      expect(await lease('project_id = $1', project.id)).toMatchObject({ kind: 'installation' });

      await stage.advance(57 * 60_000);
      const third = await stage.tokens.read({ projectId: project.id });
      expect(third.reveal()).not.toBe(first.reveal());
      expect(await works(third.reveal(), project.fullName)).toBe(true);
    });

    it('are one for many who ask at once', async () => {
      const project = await stage.project('herd');
      await stage.control.clearReceived();
      const all = await Promise.all(Array.from({ length: 40 }, () => stage.tokens.status({ projectId: project.id })));
      expect(new Set(all.map((token) => token.reveal())).size).toBe(1);
      expect(
        await stage.control.received({ route: '/app/installations/{installation_id}/access_tokens' }),
      ).toHaveLength(1);
    });

    it('T7: are refused and ended when they come out wider than asked for', async () => {
      const project = await stage.project('wide');
      await stage.control.widenTokens('installation');
      expect(await refusalOf(stage.tokens.read({ projectId: project.id }))).toBe('token_scope_mismatch');
      expect(await stage.rows('SELECT 1 FROM token_lease WHERE project_id = $1', project.id)).toEqual([]);
      expect(await stage.control.received({ method: 'DELETE', route: '/installation/token' })).toHaveLength(1);
      expect(await works((await stage.tokens.read({ projectId: project.id })).reveal(), project.fullName)).toBe(true);
    });

    it('are refused with its reason while the installation is suspended', async () => {
      const project = await stage.project('suspended');
      await stage.control.suspend(project.githubInstallationId);
      expect(await refusalOf(stage.tokens.read({ projectId: project.id }))).toBe('installation_suspended');
      await stage.control.unsuspend(project.githubInstallationId);
      expect(await works((await stage.tokens.read({ projectId: project.id })).reveal(), project.fullName)).toBe(true);
    });

    it('say when asking again makes sense while GitHub is away or throttles', async () => {
      const project = await stage.project('away');
      const route = '/app/installations/{installation_id}/access_tokens';
      await stage.control.fault({ route, status: 502, times: 2 });
      const error: unknown = await stage.tokens.read({ projectId: project.id }).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ reason: 'github_unavailable', retryable: true, retryAfterMs: expect.any(Number) });
      expect((await stage.tokens.read({ projectId: project.id })).reveal()).toMatch(/^ghs_/);
    });
  });

  it('gives the App’s own proof, which GitHub takes, and makes it anew before it ends', async () => {
    const host = stage.context.config.github.host;
    const jwt = await stage.tokens.appJwt(host);
    expect((await stage.tokens.appJwt(host)).reveal()).toBe(jwt.reveal());
    await stage.advance(8.5 * 60_000);
    const later = await stage.tokens.appJwt(host);
    expect(later.reveal()).not.toBe(jwt.reveal());
    const headers = { authorization: `Bearer ${later.reveal()}` };
    expect((await fetch(`${stage.simulator.apiUrl}/app`, { headers })).status).toBe(200);
  });

  describe('of a person, to clone with', () => {
    it('are one for a pipeline, narrowed to the repository and contents: read, and never the parent', async () => {
      const { userId, identityId } = await stage.linked('ana');
      const project = await stage.project('ana-repo', { ana: 'write' });
      const pipelineId = await stage.pipeline(project.id);
      const subject = { pipelineId, projectId: project.id, userId };
      await stage.tokens.cloneLease(subject);
      const one = await clone(pipelineId, project.id, userId);
      const two = await clone(pipelineId, project.id, userId);
      expect(two.token.reveal()).toBe(one.token.reveal());
      expect(one.token.reveal()).toMatch(/^ghu_/);
      expect(await works(one.token.reveal(), project.fullName)).toBe(true);
      const row = await lease('pipeline_id = $1', pipelineId);
      expect(row).toMatchObject({ kind: 'person', permissions: { contents: 'read', metadata: 'read' } });
      // T1: nothing in the rows opens GitHub's door.
      for (const text of [one.token.reveal(), 'ghu_', 'ghr_']) expect(row.sealed.includes(text)).toBe(false);
      const chain = await stage.row<{ sealed: Buffer }>('SELECT sealed FROM credential WHERE subject = $1', identityId);
      expect(chain.sealed.includes('ghr_')).toBe(false);
    });

    it('T6: are ended at GitHub when the pipeline ends, and not handed out after that', async () => {
      const { userId } = await stage.linked('bea');
      const project = await stage.project('bea-repo', { bea: 'write' });
      const pipelineId = await stage.pipeline(project.id);
      const { token } = await clone(pipelineId, project.id, userId);
      await stage.rows(`UPDATE pipeline SET status = 'success', finished_at = now() WHERE id = $1`, pipelineId);
      const [event] = await stage.context.database.transaction((tx) =>
        stage.context.outbox.append(tx, [
          { type: 'pipeline.changed', payload: { pipelineId, projectId: project.id, status: 'success' } },
        ]),
      );
      if (event) stage.context.outbox.publish([event]);
      await until(async () => (await lease('pipeline_id = $1', pipelineId)).revoked, 'the token to be ended');
      expect(await works(token.reveal(), project.fullName)).toBe(false);
      expect((await lease('pipeline_id = $1', pipelineId)).sealed).toHaveLength(0);
    });

    it('stay when it is told that the pipeline ended and its row knows better: a late word, or a forged one', async () => {
      const { userId } = await stage.linked('bix');
      const project = await stage.project('bix-repo', { bix: 'write' });
      const pipelineId = await stage.pipeline(project.id);
      const { token } = await clone(pipelineId, project.id, userId);
      await stage.rows(`UPDATE pipeline SET status = 'running' WHERE id = $1`, pipelineId);
      expect(await stage.authority.retired.retirePipeline(pipelineId)).toBe(0);
      expect(await works(token.reveal(), project.fullName)).toBe(true);
    });

    it('are ended by the sweep when nobody told that the pipeline ended, and tried again when GitHub fails', async () => {
      const { userId } = await stage.linked('cleo');
      const project = await stage.project('cleo-repo', { cleo: 'write' });
      const pipelineId = await stage.pipeline(project.id);
      const { token } = await clone(pipelineId, project.id, userId);
      await stage.rows(
        `UPDATE pipeline SET status = 'failed', finished_at = now() - interval '1 minute' WHERE id = $1`,
        pipelineId,
      );
      await stage.control.fault({ route: '/applications/{client_id}/token', method: 'DELETE', status: 502, times: 1 });
      await stage.sweep.runOnce();
      expect(await lease('pipeline_id = $1', pipelineId)).toMatchObject({ retired: true, revoked: false });
      await stage.advance(60_000);
      await stage.sweep.runOnce();
      expect(await lease('pipeline_id = $1', pipelineId)).toMatchObject({ retired: true, revoked: true });
      expect(await works(token.reveal(), project.fullName)).toBe(false);
    });

    it('F64: are ended by the sweep when the pipeline that they were made for never came to be', async () => {
      const { userId } = await stage.linked('cyd');
      const project = await stage.project('cyd-repo', { cyd: 'write' });
      const pipelineId = 900_000_001;
      const { token } = await clone(pipelineId, project.id, userId);
      await stage.advance(5 * 60_000);
      await stage.sweep.runOnce();
      expect(await works(token.reveal(), project.fullName)).toBe(true);
      await stage.advance(6 * 60_000);
      await stage.sweep.runOnce();
      await until(async () => (await lease('pipeline_id = $1', pipelineId)).revoked, 'the token to be ended');
      expect(await works(token.reveal(), project.fullName)).toBe(false);
    });

    it('T7: are refused and ended when they come out wider than asked for', async () => {
      const { userId } = await stage.linked('dora');
      const project = await stage.project('dora-repo', { dora: 'write' });
      await stage.project('dora-other', { dora: 'write' });
      await stage.control.widenTokens('scoped');
      const pipelineId = await stage.pipeline(project.id);
      expect(await refusalOf(clone(pipelineId, project.id, userId))).toBe('token_scope_mismatch');
      expect(await stage.rows('SELECT 1 FROM token_lease WHERE pipeline_id = $1', pipelineId)).toEqual([]);
    });

    it('are refused for who may not read the repository at GitHub', async () => {
      const { userId } = await stage.linked('ezra');
      const project = await stage.project('not-ezras');
      expect(await refusalOf(clone(await stage.pipeline(project.id), project.id, userId))).toBe('token_refused');
    });

    it('are refused while the terms in force are not accepted, and to who is not linked', async () => {
      const { userId } = await stage.linked('fay');
      const project = await stage.project('fay-repo', { fay: 'write' });
      const pipelineId = await stage.pipeline(project.id);
      await stage.rows(`INSERT INTO terms_version (version, body) VALUES (2, 'x')`);
      expect(await refusalOf(clone(pipelineId, project.id, userId))).toBe('terms_not_accepted');
      await stage.rows('DELETE FROM terms_version WHERE version = 2');
      const { id } = await stage.local('nobody');
      expect(await refusalOf(clone(pipelineId, project.id, id))).toBe('sender_not_linked');
    });

    it('give way to the installation’s where GitHub would end the oldest of too many', async () => {
      const { userId, identityId } = await stage.linked('gus');
      const project = await stage.project('gus-repo', { gus: 'write' });
      const opened = [];
      for (let n = 0; n < 12; n++) opened.push(await clone(await stage.pipeline(project.id), project.id, userId));
      expect(opened.map(({ token }) => token.reveal().slice(0, 4))).toEqual([
        ...Array.from({ length: 7 }, () => 'ghu_'),
        ...Array.from({ length: 5 }, () => 'ghs_'),
      ]);
      for (const { token } of opened) expect(await works(token.reveal(), project.fullName)).toBe(true);
      // The parent is alive, so the link is.
      expect(await stage.row('SELECT state FROM identity WHERE id = $1', identityId)).toEqual({ state: 'linked' });
    });

    it('come from the installation where the project says so', async () => {
      const { userId } = await stage.linked('hal');
      const project = await stage.project('hal-repo', { hal: 'write' });
      await stage.rows(`UPDATE project SET clone_with = 'installation' WHERE id = $1`, project.id);
      const pipelineId = await stage.pipeline(project.id);
      expect((await clone(pipelineId, project.id, userId)).token.reveal()).toMatch(/^ghs_/);
      await stage.rows(`UPDATE pipeline SET status = 'success' WHERE id = $1`, pipelineId);
      await stage.authority.retired.retirePipeline(pipelineId);
      await stage.sweep.runOnce();
      expect(await lease('pipeline_id = $1', pipelineId)).toMatchObject({ kind: 'installation', revoked: true });
    });

    it('are made anew when they would not outlive what they are for', async () => {
      const { userId } = await stage.linked('ida');
      const project = await stage.project('ida-repo', { ida: 'write' });
      const pipelineId = await stage.pipeline(project.id);
      const first = await clone(pipelineId, project.id, userId);
      await stage.advance(7 * hourMs + 50 * 60_000);
      // Eleven minutes are needed and ten are left: the chain is about to end anyway, so it is exchanged.
      const second = await clone(pipelineId, project.id, userId, 11 * 60_000);
      expect(second.token.reveal()).not.toBe(first.token.reveal());
      expect(second.token.reveal()).toMatch(/^ghu_/);
      expect(await works(second.token.reveal(), project.fullName)).toBe(true);
      expect(await works(first.token.reveal(), project.fullName)).toBe(false);
    });

    it('do not end a token in use for one that wants to live longer', async () => {
      const { userId } = await stage.linked('jim');
      const project = await stage.project('jim-repo', { jim: 'write' });
      await stage.advance(7 * hourMs + 20 * 60_000);
      const running = await clone(await stage.pipeline(project.id), project.id, userId, 10 * 60_000);
      const before = await exchanges();
      const longer = await clone(await stage.pipeline(project.id), project.id, userId, 50 * 60_000);
      expect(longer.token.reveal()).toMatch(/^ghs_/);
      expect(await exchanges()).toBe(before);
      expect(await works(running.token.reveal(), project.fullName)).toBe(true);
    });
  });

  describe('T10: many needs at the moment a chain ends', () => {
    it('make one exchange, whichever authority they reach, and all are met', async () => {
      const { userId } = await stage.linked('kay');
      const project = await stage.project('kay-repo', { kay: 'write' });
      const authorities = [stage.authority, stage.anotherAuthority(), stage.anotherAuthority()];
      const pipelines: number[] = [];
      for (let n = 0; n < 5; n++) pipelines.push(await stage.pipeline(project.id));
      await stage.advance(8 * hourMs + 1000);
      const before = await exchanges();
      const needs = Array.from({ length: 200 }, (_, n) =>
        (authorities[n % 3] ?? stage.authority).lease({
          purpose: 'clone',
          pipelineId: pipelines[n % 5] ?? 0,
          projectId: project.id,
          userId,
          mustOutliveMs: 60_000,
        }),
      );
      const leases = await Promise.all(needs);
      expect((await exchanges()) - before).toBe(1);
      expect(new Set(leases.map((each) => each.leaseId)).size).toBe(5);
      for (const pipelineId of pipelines) {
        expect(await works((await clone(pipelineId, project.id, userId)).token.reveal(), project.fullName)).toBe(true);
      }
    });
  });

  describe('a lost exchange', () => {
    const prepare = async (login: string) => {
      const person = await stage.linked(login);
      const project = await stage.project(`${login}-repo`, { [login]: 'write' });
      const pipelineId = await stage.pipeline(project.id);
      await stage.advance(8 * hourMs + 1000);
      const state = async () =>
        (await stage.row<{ state: string }>('SELECT state FROM identity WHERE id = $1', person.identityId)).state;
      return { ...person, state, need: () => clone(pipelineId, project.id, person.userId), fullName: project.fullName };
    };

    it('F30: that ended before it reached GitHub costs nothing', async () => {
      const { need, state, fullName } = await prepare('lou');
      armFaults('vault.before_exchange=throw@1');
      await expect(need()).rejects.toThrow();
      expect(await works((await need()).token.reveal(), fullName)).toBe(true);
      expect(await state()).toBe('linked');
    });

    it('F31: that ended before it was stored asks the person to sign in again, once; that heals it', async () => {
      const { need, state, fullName, userId } = await prepare('max');
      armFaults('vault.after_exchange=throw@1');
      await expect(need()).rejects.toThrow();
      expect(await refusalOf(need())).toBe('needs_reauth');
      expect(await state()).toBe('needs_reauth');
      const asked = await exchanges();
      expect(await refusalOf(need())).toBe('needs_reauth');
      expect(await exchanges()).toBe(asked);
      expect((await stage.audit()).filter((action) => action === 'link.needs_reauth')).toHaveLength(1);

      await stage.throughGithub(new Visitor(), 'max');
      expect(await state()).toBe('linked');
      expect(await works((await need()).token.reveal(), fullName)).toBe(true);
      expect(userId).toBeGreaterThan(0);
    });

    it('F32: whose answer never came is asked for once more and then given up', async () => {
      const { need, state } = await prepare('ned');
      await stage.control.fault({ route: '/login/oauth/access_token', lostAnswer: true, times: 1 });
      const asked = async () => (await stage.control.received({ route: '/login/oauth/access_token' })).length;
      const before = await asked();
      expect(await refusalOf(need())).toBe('needs_reauth');
      expect((await asked()) - before).toBe(2);
      expect(await state()).toBe('needs_reauth');
    });

    it('F32: that GitHub never began goes through at the second try', async () => {
      const { need, state, fullName } = await prepare('oli');
      await stage.control.fault({ route: '/login/oauth/access_token', status: 502, times: 1 });
      expect(await works((await need()).token.reveal(), fullName)).toBe(true);
      expect(await state()).toBe('linked');
    });
  });

  it('F33: a person who took the authorisation back is refused, linked again by signing in, and kept when old news comes', async () => {
    const { userId, githubId, identityId } = await stage.linked('pam');
    const project = await stage.project('pam-repo', { pam: 'write' });
    await stage.control.revokeAuthorization('pam', stage.appSlug);
    // The event did not come, so the dead token tells.
    expect(await refusalOf(clone(await stage.pipeline(project.id), project.id, userId))).toBe('needs_reauth');
    await stage.throughGithub(new Visitor(), 'pam');
    await stage.control.clearReceived();
    await tellRevoked('late', githubId);
    const asked = () => stage.control.received({ route: '/applications/{client_id}/token' });
    await until(async () => (await asked()).length > 0, 'GitHub to be asked whether the link holds');
    expect((await clone(await stage.pipeline(project.id), project.id, userId)).token.reveal()).toMatch(/^ghu_/);
    await stage.control.revokeAuthorization('pam', stage.appSlug);
    await tellRevoked('in time', githubId);
    const state = async () =>
      (await stage.row<{ state: string }>('SELECT state FROM identity WHERE id = $1', identityId)).state;
    await until(async () => (await state()) === 'revoked', 'the link to be revoked');
    expect(await stage.rows('SELECT 1 FROM credential WHERE subject = $1', identityId)).toEqual([]);
    expect(await refusalOf(clone(await stage.pipeline(project.id), project.id, userId))).toBe('sender_not_linked');
    await stage.throughGithub(new Visitor(), 'pam');
    expect(await state()).toBe('linked');
    expect((await clone(await stage.pipeline(project.id), project.id, userId)).token.reveal()).toMatch(/^ghu_/);
  });

  /** As the delivery of GitHub's event leaves it to this service. */
  async function tellRevoked(guid: string, githubId: number): Promise<void> {
    const body = gzipSync(JSON.stringify({ action: 'revoked', sender: { id: githubId, login: 'pam', type: 'User' } }));
    const { id: deliveryId } = await stage.row<{ id: number }>(
      `INSERT INTO webhook_delivery (host, guid, event, body, body_size, body_sha256)
       VALUES ($1, $2, 'github_app_authorization', $3, 1, '') RETURNING id`,
      stage.context.config.github.host,
      guid,
      body,
    );
    const events = await stage.context.database.transaction((tx) =>
      stage.context.outbox.append(tx, [{ type: 'github.github_app_authorization', payload: { deliveryId } }]),
    );
    stage.context.outbox.publish(events);
  }

  it('T5: does not open a lease whose token was swapped for another one’s', async () => {
    const { userId } = await stage.linked('quin');
    const [a, b] = [await stage.project('swap-a', { quin: 'write' }), await stage.project('swap-b', { quin: 'write' })];
    const [one, two] = [await stage.pipeline(a.id), await stage.pipeline(b.id)];
    await stage.tokens.cloneLease({ pipelineId: one, projectId: a.id, userId });
    await stage.tokens.cloneLease({ pipelineId: two, projectId: b.id, userId });
    await stage.rows(
      'UPDATE token_lease SET sealed = (SELECT sealed FROM token_lease WHERE pipeline_id = $2) WHERE pipeline_id = $1',
      one,
      two,
    );
    await expect(clone(one, a.id, userId)).rejects.toThrow(/cannot be read/);
  });

  it('T4: names no secret when GitHub refuses, breaks, hangs up or throttles', async () => {
    const { userId } = await stage.linked('rex');
    const project = await stage.project('rex-repo', { rex: 'write' });
    const routes = ['/applications/{client_id}/token/scoped', '/user/installations/{installation_id}/repositories'];
    for (const route of routes) {
      for (const fault of [{ status: 400 }, { status: 403 }, { status: 422 }, { status: 500 }, { reset: true }]) {
        await stage.control.fault({ route, ...fault, times: null });
        const pipelineId = await stage.pipeline(project.id);
        const error: unknown = await clone(pipelineId, project.id, userId).catch((caught: unknown) => caught);
        expect(error).toBeInstanceOf(TokenRefused);
        stage.context.logger.error('shown on purpose', { err: error });
        await stage.control.clearFaults();
      }
    }
    await stage.control.fault({ route: routes[0] ?? '', status: 403, retryAfter: 30 });
    const pipelineId = await stage.pipeline(project.id);
    expect(await refusalOf(clone(pipelineId, project.id, userId))).toBe('github_unavailable');
  });

  it('T1: leaves no secret that GitHub issued in a row, an event or a log line', async () => {
    const secrets = await stage.control.secrets();
    expect(secrets.length).toBeGreaterThan(50);
    const canaries = secrets.map(({ kind, value }, n) => ({ name: `${kind} ${n}`, text: value }));
    const found = await searchForCanaries(canaries, {
      databaseUrl: stage.context.databaseUrl,
      texts: { log: stage.lines.join('') },
    });
    expect(found.rows).toBeGreaterThan(100);
    expect(found.hits).toEqual([]);
  });

  it('breaks no published contract of GitHub', async () => {
    expect(await stage.control.contractViolations()).toEqual([]);
  });
});
