import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Visitor } from '@crosstie/testkit';

import { type LinkerStage, startLinkerStage } from '../testing/linker-stage.js';

describe('the first run', () => {
  let stage: LinkerStage;
  beforeAll(async () => {
    stage = await startLinkerStage({ app: false });
  });
  afterAll(() => stage.stop());

  const codes = (): string[] => stage.lines.flatMap((line) => /enter the code ([A-Z0-9-]+)/.exec(line)?.slice(1) ?? []);
  const setup = () => fetch(`${stage.url}/api/crosstie/v1/setup`);
  const enter = (visitor: Visitor, code: string, username = 'root-person') =>
    visitor.post(`${stage.url}/auth/setup`, { code, username });

  it('L11: writes one code into the log, keeps its hash, and says that a set-up is needed', async () => {
    expect(codes()).toHaveLength(1);
    expect(codes()[0]).toMatch(/^([A-Z2-9]{5}-){3}[A-Z2-9]{5}$/);
    const answer = await setup();
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { completed: false, github_app: false, url: `${stage.url}/auth/setup` },
    ]);
    const row = await stage.row<{ code_hash: Buffer }>('SELECT code_hash FROM setup');
    expect(row.code_hash).toHaveLength(32);
  });

  it('L11: refuses a wrong code, and makes a new one after ten tries', async () => {
    const visitor = new Visitor();
    expect((await enter(visitor, '')).status).toBe(403);
    for (let n = 0; n < 8; n++) expect((await enter(visitor, 'AAAAA-AAAAA-AAAAA-AAAAA')).status).toBe(403);
    const first = codes()[0] ?? '';
    expect((await enter(visitor, 'wrong')).status).toBe(403);
    expect(codes()).toHaveLength(2);
    expect((await enter(visitor, first)).status).toBe(403);
    expect(await stage.rows('SELECT 1 FROM user_account')).toEqual([]);
  });

  it('L11: needs a signed-in administrator for the App', async () => {
    const page = await new Visitor().open(`${stage.url}/auth/setup/app`);
    expect(page.url).toContain('/auth/sign-in');
    expect((await new Visitor().open(`${stage.url}/auth/setup/app/callback?code=x&state=y`)).status).toBe(400);
    expect((await new Visitor().open(`${stage.url}/auth/github?purpose=login`)).text).toContain('no GitHub App yet');
  });

  it('makes the first administrator, creates the App from its manifest, and is closed for good', async () => {
    const visitor = new Visitor();
    const code = codes().at(-1) ?? '';
    const page = await enter(visitor, code.toLowerCase());
    expect(page.url).toBe(`${stage.url}/auth/setup/app`);
    expect(page.headers.get('content-security-policy')).toContain(`form-action 'self' ${stage.simulator.url}`);

    await visitor.post(`${stage.simulator.url}/login`, { login: 'owner', return_to: '/' });
    const atGithub = await visitor.submit(page, '/settings/apps/new');
    const done = atGithub.url.startsWith(stage.url) ? atGithub : await visitor.submit(atGithub, '/settings/apps');
    expect(done.text).toContain('Install it');
    expect(done.url).toContain('/auth/setup/app/callback');

    const app = await stage.row<{ slug: string; app_id: number }>('SELECT slug, app_id FROM github_app');
    const made = await stage.control.app(app.slug);
    expect(app.app_id).toBe(made.id);
    const kinds = await stage.rows<{ kind: string }>('SELECT kind FROM credential ORDER BY kind');
    expect(kinds.map(({ kind }) => kind)).toEqual(['app_private_key', 'client_secret', 'webhook_secret']);
    const stored = JSON.stringify(await stage.rows(`SELECT encode(sealed, 'escape') FROM credential`));
    for (const secret of [made.clientSecret, made.webhookSecret, 'PRIVATE KEY']) expect(stored).not.toContain(secret);

    expect((await setup()).status).toBe(404);
    expect((await enter(new Visitor(), code)).status).toBe(404);
    expect(await stage.audit()).toEqual(expect.arrayContaining(['admin.created', 'app.created']));
  });

  it('asks the App of the manifest for no more than it needs', async () => {
    const headers = {
      authorization: `Bearer ${(await stage.tokens.appJwt(stage.context.config.github.host)).reveal()}`,
    };
    const app = (await (await fetch(`${stage.simulator.apiUrl}/app`, { headers })).json()) as Record<string, unknown>;
    expect(app['permissions']).toEqual({ metadata: 'read', contents: 'read', statuses: 'write' });
    expect(app['events']).toEqual(['push']);
  });

  it('lets the new App sign people in', async () => {
    await stage.control.createUser({ login: 'first' });
    const visitor = new Visitor();
    const terms = await stage.throughGithub(visitor, 'first');
    await visitor.submit(terms, '/auth/terms');
    expect(await stage.rows('SELECT login FROM identity')).toEqual([{ login: 'first' }]);
  });
});
