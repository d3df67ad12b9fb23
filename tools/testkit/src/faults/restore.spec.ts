import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { runnersOf } from '../kills/by-hand.js';
import { House, type Push } from '../kills/house.js';
import { JobCalls } from '../kills/job-calls.js';
import { Journal } from '../kills/journal.js';
import { type PipelineView, statusesOf } from '../pipelines.js';
import { until } from '../until.js';
import { repository } from '../world.js';

const pipelines = `/api/v4/projects/${encodeURIComponent(repository)}/pipelines`;

/** An operator brings a backup back: the rows go back in time, and GitHub, the runners and the objects do not. */
describe('a database that is restored from a backup (F58)', () => {
  let house: House;
  let backup: string;

  beforeAll(async () => {
    house = await House.build();
    backup = `${new URL(await house.databaseUrl()).pathname.slice(1)}_backup`;
  }, 60_000);

  afterAll(async () => {
    await administer(`DROP DATABASE IF EXISTS ${backup} WITH (FORCE)`);
    await house?.tearDown();
  }, 60_000);

  async function administer(...statements: string[]): Promise<void> {
    const url = new URL(await house.databaseUrl());
    url.pathname = '/postgres';
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }

  async function copy(from: string, to: string): Promise<void> {
    expect(await house.server.stop()).toBe(0);
    await administer(`DROP DATABASE IF EXISTS ${to} WITH (FORCE)`, `CREATE DATABASE ${to} TEMPLATE ${from}`);
    await house.server.start();
  }

  const ends = (push: Push, status: string): Promise<PipelineView> =>
    until(
      async () => {
        const [found, ...more] = await house.api.read<PipelineView[]>(`${pipelines}?sha=${push.sha}`);
        expect(more).toEqual([]);
        return found?.status === status && found;
      },
      `the pipeline of ${push.sha.slice(0, 8)} to be ${status}`,
      30_000,
    );

  const lastStatus = async ({ sha }: Push): Promise<string | undefined> =>
    (await statusesOf(house.github, repository, sha)).at(-1)?.state;

  /** GitHub takes dana's access token no more, so that the next use of it exchanges the refresh token. */
  async function endParent(): Promise<void> {
    for (const { kind, owner, live, value } of await house.github.secrets()) {
      if (kind === 'user_token' && owner === 'dana' && live) await house.github.endToken(value);
    }
  }

  it('finds what was pushed since in GitHub’s log, and asks once for new tokens where the old ones are used up', async () => {
    const { first } = await runnersOf(house);
    await ends(await house.push(), 'success');
    const name = new URL(await house.databaseUrl()).pathname.slice(1);
    await copy(name, backup);

    await endParent();
    const finished = await house.push();
    await ends(finished, 'success');
    await until(async () => (await lastStatus(finished)) === 'success', 'its verdict');
    const running = await house.push({ runs: 'by hand' });
    const job = new JobCalls(house.server.url, await first.take(), new Journal());
    expect(await job.put({ state: 'running' })).toMatchObject({ status: 200 });
    const byErin = await house.push({ pusher: 'erin' });
    await ends(byErin, 'success');

    await house.github.clearReceived();
    await copy(backup, name);

    expect(await job.patch(0, Buffer.from('still here\n'))).toMatchObject({ status: 403 });
    const refused = [await ends(finished, 'failed'), await ends(running, 'failed')];
    for (const { id } of refused) {
      expect(await house.api.read(`${pipelines}/${id}`)).toMatchObject({
        crosstie: {
          failure_reason: 'token_refused',
          failure_message: expect.stringMatching(/sign in|link github again/i),
        },
      });
    }
    await ends(byErin, 'success');
    for (const [push, state] of [
      [finished, 'failure'],
      [running, 'failure'],
      [byErin, 'success'],
    ] as const) {
      await until(async () => (await lastStatus(push)) === state, `${state} of ${push.sha.slice(0, 8)}`);
    }
    const exchanges = await house.github.received({ method: 'POST', route: '/login/oauth/access_token' });
    expect(exchanges.length).toBeLessThanOrEqual(2);
    expect(await house.rows(`SELECT FROM audit_event WHERE action = 'link.needs_reauth'`)).toHaveLength(1);

    await house.signInAgain('dana');
    const [again] = refused;
    const dana = await house.apiOf('dana');
    expect((await dana.post(`${pipelines}/${again?.id}/retry`)).status).toBe(201);
    await ends(finished, 'success');
    await until(async () => (await lastStatus(finished)) === 'success', 'its verdict once more');
    expect(await house.rows('SELECT FROM dead_letter')).toEqual([]);
  }, 180_000);
});
