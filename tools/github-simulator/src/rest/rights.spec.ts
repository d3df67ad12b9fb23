import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Acme, type Answered } from '../testing/acme.js';

describe('who may do what', () => {
  const acme = new Acme();
  let sha: string;

  beforeAll(async () => {
    await acme.start();
    sha = (await acme.github.control.refs('acme/widget'))['refs/heads/main'] ?? '';
  });
  afterAll(() => acme.stop());

  const permissionOf = async (login: string, token: string): Promise<Answered> =>
    acme.ask(`/repos/acme/widget/collaborators/${login}/permission`, `Bearer ${token}`);

  it('gives a permission with the role behind it', async () => {
    const { control } = acme.github;
    const token = await acme.installationToken();
    const expected = { read: 'read', triage: 'read', write: 'write', maintain: 'write', admin: 'admin' } as const;
    for (const [role, permission] of Object.entries(expected) as [keyof typeof expected, string][]) {
      const person = await control.createUser({ login: `the-${role}` });
      await control.addCollaborator('acme/widget', person.login, role);
      const { body } = await permissionOf(person.login, token);
      expect(body).toMatchObject({ permission, role_name: role, user: { id: person.id } });
    }
    await control.createUser({ login: 'nobody' });
    expect((await permissionOf('nobody', token)).body).toMatchObject({ permission: 'none', role_name: 'none' });
    expect((await permissionOf('does-not-exist', token)).status).toBe(404);
    expect((await permissionOf('kim', token)).body).toMatchObject({ permission: 'admin' });
  });

  it('lets a person ask for permissions only with push access', async () => {
    const { control } = acme.github;
    const reader = await control.createUser({ login: 'reader' });
    await control.addCollaborator('acme/widget', 'reader', 'read');
    const answer = await permissionOf('kim', reader.token);
    expect(answer).toMatchObject({
      status: 403,
      body: { message: 'Must have push access to view collaborator permission.' },
    });
  });

  it('says which permission would do', async () => {
    const token = await acme.installationToken({ permissions: { statuses: 'write' } });
    const answer = await acme.ask('/repos/acme/widget/contents/docs', `Bearer ${token}`);
    expect(answer).toMatchObject({ status: 403, body: { message: 'Resource not accessible by integration' } });
    expect(answer.headers.get('x-accepted-github-permissions')).toBe('contents=read');
  });

  it('knows people by number, name and token', async () => {
    const token = `Bearer ${await acme.installationToken()}`;
    expect((await acme.ask(`/user/${acme.kim.id}`, token)).body).toMatchObject({ login: 'kim' });
    expect((await acme.ask('/users/kim', token)).body).toMatchObject({ id: acme.kim.id });
    expect((await acme.ask('/user/7', token)).status).toBe(404);
    await acme.github.control.createUser({ login: 'old-name', id: 77 });
    await acme.github.control.renameUser('old-name', 'new-name');
    expect((await acme.ask('/user/77', token)).body).toMatchObject({ login: 'new-name' });
    expect((await acme.ask('/user', token)).status).toBe(403);
    expect((await acme.ask('/user', null)).status).toBe(401);
    expect((await acme.ask('/user', 'Bearer ghu_wrong')).body).toMatchObject({ message: 'Bad credentials' });
  });

  it('shows a person what of an installation is theirs', async () => {
    const { control } = acme.github;
    await control.createRepository({ owner: 'acme', name: 'secret' });
    const lou = await control.createUser({ login: 'lou' });
    await control.addCollaborator('acme/widget', 'lou', 'write');
    const token = `Bearer ${String((await acme.signIn('lou'))['access_token'])}`;
    const installations = await acme.ask('/user/installations', token);
    expect(installations.body).toMatchObject({ total_count: 1, installations: [{ id: acme.installationId }] });
    const repositories = await acme.ask(`/user/installations/${acme.installationId}/repositories`, token);
    expect(repositories.body).toMatchObject({
      total_count: 1,
      repositories: [{ name: 'widget', permissions: { push: true, admin: false } }],
    });
    expect((await acme.ask('/repos/acme/secret', token)).status).toBe(404);
    expect((await acme.ask('/user/installations', `Bearer ${lou.token}`)).status).toBe(403);
  });

  it('a person without the App installed reads public things and no more', async () => {
    const { control } = acme.github;
    await control.createUser({ login: 'sol' });
    await control.createRepository({ owner: 'sol', name: 'open', private: false, files: { a: 'a' } });
    const token = `Bearer ${String((await acme.signIn('sol'))['access_token'])}`;
    expect((await acme.ask('/repos/sol/open/contents/a', token)).status).toBe(200);
    const own = (await control.refs('sol/open'))['refs/heads/main'];
    const status = await acme.ask(`/repos/sol/open/statuses/${own}`, token, { json: { state: 'success' } });
    expect(status).toMatchObject({ status: 403, body: { message: 'Resource not accessible by integration' } });
    expect((await acme.ask('/user/installations', token)).body).toMatchObject({ total_count: 0 });
  });

  let writer: string | undefined;
  const post = async (body: Record<string, unknown>, at = sha): Promise<Answered> => {
    writer ??= `Bearer ${await acme.installationToken()}`;
    return acme.ask(`/repos/acme/widget/statuses/${at}`, writer, { json: body });
  };

  it('keeps statuses in order, and their latest together', async () => {
    await post({ state: 'pending', context: 'crosstie', description: 'soon', target_url: 'http://localhost/1' });
    await post({ state: 'success', context: 'Crosstie' });
    const token = `Bearer ${await acme.installationToken()}`;
    const combined = await acme.ask(`/repos/acme/widget/commits/${sha}/status`, token);
    expect(combined.body).toMatchObject({ state: 'success', total_count: 1, statuses: [{ state: 'success' }] });
    const all = JSON.parse((await acme.ask('/repos/acme/widget/commits/main/statuses', token)).text) as unknown[];
    expect(all).toMatchObject([
      { state: 'success' },
      { state: 'pending', creator: { login: 'crosstie[bot]', type: 'Bot' } },
    ]);
    const seen = await acme.github.control.statuses('acme/widget', sha);
    expect(seen.map((each) => each.state)).toEqual(['pending', 'success']);
    expect(BigInt(seen[1]?.receivedNs ?? 0)).toBeGreaterThan(BigInt(seen[0]?.receivedNs ?? 0));
  });

  it('refuses a description of 141 characters, an unknown commit and the 1001st status', async () => {
    expect((await post({ state: 'success', description: 'ü'.repeat(140) })).status).toBe(201);
    const long = await post({ state: 'success', description: 'x'.repeat(141) });
    expect(long).toMatchObject({ status: 422, body: { message: 'Validation Failed' } });
    expect(long.text).toContain('description is too long (maximum is 140 characters)');
    const unknown = await post({ state: 'success' }, '3'.repeat(40));
    expect(unknown).toMatchObject({ status: 422, body: { message: `No commit found for SHA: ${'3'.repeat(40)}` } });
    for (let n = 0; n < 1000; n += 1) await post({ state: 'pending', context: 'busy' });
    expect((await post({ state: 'success', context: 'busy' })).text).toContain('maximum number of statuses');
  });

  it('records a request that breaks the published description, and refuses it', async () => {
    const answer = await post({ state: 'bogus' });
    expect(answer.status).toBe(422);
    expect(await acme.github.control.contractViolations()).toEqual([
      expect.objectContaining({ method: 'POST', route: '/repos/{owner}/{repo}/statuses/{sha}', side: 'request' }),
    ]);
  });
});
