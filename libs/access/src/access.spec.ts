import { addMember, createUser, type AccessLevel } from '@crosstie/domain';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestContext, testContext } from '@crosstie/testkit';

import { Access } from './access.js';
import { Senders } from './senders.js';

describe('who may do what', () => {
  let context: TestContext;
  /** What GitHub says, and how often it was asked: answered on the bus, in the place of identity-linker. */
  const github = { level: 0 as 0 | 10 | 20 | 30 | 40 | null, asked: 0 };
  let access: Access;
  let project: number;
  beforeAll(async () => {
    context = await testContext();
    const answer = async () => {
      github.asked += 1;
      if (github.level === null) throw new Error('GitHub is away');
      return { level: github.level, because: 'a test' };
    };
    const requests = new Map([['access.github_role', answer]]);
    await context.bus.attach({ service: 'identity-linker', events: new Map(), requests });
    access = new Access(context.database, context.requests, context.clock);
    const { rows } = await context.database.pool.query<{ id: number }>(
      `WITH i AS (INSERT INTO installation (host, github_installation_id, account_id, account_login, account_type)
                  VALUES ('h', 1, 2, 'acme', 'Organization') RETURNING id)
       INSERT INTO project (host, github_repository_id, installation_id, full_name)
       SELECT 'h', 3, id, 'Acme/Widget' FROM i RETURNING id`,
    );
    project = rows[0]?.id ?? 0;
  });
  afterAll(() => context.stop());

  const person = async (username: string, { linked = false, isAdmin = false } = {}): Promise<{ userId: number }> => {
    const user = await createUser(context.database, { username, name: username, isAdmin });
    const userId = user?.id ?? 0;
    if (linked) {
      await context.database.pool.query(
        `INSERT INTO identity (user_id, host, github_user_id, login) VALUES ($1, 'h', $2, $3)`,
        [userId, userId + 1000, username],
      );
    }
    return { userId };
  };
  const member = (userId: number, accessLevel: AccessLevel) =>
    addMember(context.database, { projectId: project, userId, actorId: null, accessLevel });
  const cap = (level: number) => context.database.pool.query('UPDATE server_setting SET github_role_cap = $1', [level]);

  it('is a membership where there is one, without asking GitHub for what it gives already', async () => {
    const { userId } = await person('ada');
    expect(await access.levelOf(userId, project)).toBe(0);
    await member(userId, 40);
    const asked = github.asked;
    await access.require({ userId }, 40, project);
    expect(github.asked).toBe(asked);
  });

  it('is GitHub’s role for who is linked, under the cap, and the higher of both', async () => {
    const { userId } = await person('bo', { linked: true });
    github.level = 40;
    expect(await access.levelOf(userId, project)).toBe(40);
    await cap(30);
    expect(await access.levelOf(userId, project)).toBe(30);
    await cap(0);
    expect(await access.levelOf(userId, project)).toBe(0);
    await cap(40);
    github.level = 10;
    access.forget({ userId });
    await member(userId, 20);
    expect(await access.levelOf(userId, project)).toBe(20);
  });

  it('asks GitHub once a minute, and at once when something changed', async () => {
    const { userId } = await person('cy', { linked: true });
    github.level = 30;
    const before = github.asked;
    for (let n = 0; n < 5; n++) await access.levelOf(userId, project);
    expect(github.asked - before).toBe(1);
    context.clock.advance(61_000);
    await access.levelOf(userId, project);
    expect(github.asked - before).toBe(2);
    access.forget({ projectId: project });
    await access.levelOf(userId, project);
    expect(github.asked - before).toBe(3);
  });

  it('lets nobody in on a guess when GitHub cannot be asked', async () => {
    const { userId } = await person('dee', { linked: true });
    github.level = null;
    await expect(access.require({ userId }, 30, project)).rejects.toMatchObject({ status: 503 });
    await member(userId, 30);
    await access.require({ userId }, 30, project);
  });

  it('hides a project from who has no level and tells the others what is missing', async () => {
    github.level = 0;
    const stranger = await person('eve', { linked: true });
    await expect(access.require(stranger, 10, project)).rejects.toMatchObject({ status: 404 });
    const reader = await person('fay');
    await member(reader.userId, 10);
    await expect(access.require(reader, 30, project)).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining('Your role here is Guest and this needs Developer'),
    });
    await expect(access.require(await person('gil', { isAdmin: true }), 50, project)).resolves.toBeUndefined();
    await expect(access.require(reader, 10, project + 1)).rejects.toMatchObject({ status: 404 });
  });

  it('gives a blocked person nothing', async () => {
    const { userId } = await person('hal', { isAdmin: true });
    await context.database.pool.query(`UPDATE user_account SET state = 'blocked' WHERE id = $1`, [userId]);
    expect(await access.levelOf(userId, project)).toBe(0);
  });

  it('finds a project by number and by name in any case', async () => {
    expect(await access.projectId(String(project))).toBe(project);
    expect(await access.projectId('acme/WIDGET')).toBe(project);
    await expect(access.projectId('acme/other')).rejects.toMatchObject({ status: 404 });
    await expect(access.projectId('%')).rejects.toMatchObject({ status: 404 });
  });

  it('resolves a sender by number, with what decides whether a push runs', async () => {
    const { userId } = await person('ivy', { linked: true });
    const senders = new Senders(context.database);
    const state = { userId, identityState: 'linked', termsAccepted: false, seat: false };
    expect(await senders.resolve('h', userId + 1000)).toMatchObject(state);
    expect(await senders.resolve('other-host', userId + 1000)).toBeNull();
    await context.database.pool.query(`INSERT INTO terms_version (version, body) VALUES (1, 'x'), (2, 'y')`);
    await context.database.pool.query('INSERT INTO acceptance (user_id, version) VALUES ($1, 1)', [userId]);
    await context.database.pool.query('INSERT INTO seat (user_id) VALUES ($1)', [userId]);
    expect(await senders.resolve('h', userId + 1000)).toMatchObject({ termsAccepted: false, seat: true });
    await context.database.pool.query('INSERT INTO acceptance (user_id, version) VALUES ($1, 2)', [userId]);
    expect(await senders.resolve('h', userId + 1000)).toMatchObject({ termsAccepted: true });
  });
});
