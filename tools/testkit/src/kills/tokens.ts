import { expect } from '@jest/globals';

import { statusesOf } from '../pipelines.js';
import { repository } from '../world.js';
import type { House } from './house.js';
import { expectOneOutcome } from './outcome.js';

export async function exchangeIsNotBegun(house: House): Promise<void> {
  await house.server.start('vault.before_exchange=kill');
  await endParentOf(house, 'dana');
  const push = await house.push();
  await house.server.died();
  const before = await chainsOf(house, 'dana');
  await house.server.start();
  await expectOneOutcome(house, push);
  expect(await chainsOf(house, 'dana')).toBe(before + 1);
  expect(await linkOf(house, 'dana')).toBe('linked');
}

export async function exchangeIsLost(house: House): Promise<void> {
  await house.server.start('vault.after_exchange=kill');
  await endParentOf(house, 'dana');
  const push = await house.push();
  await house.server.died();
  await house.server.start();

  const refused = await expectOneOutcome(house, push, { status: 'failed' });
  expect(refused).toMatchObject({ failure_reason: 'token_refused', jobs: [] });
  expect(refused.crosstie.failure_message).toMatch(/sign in/i);
  expect(await linkOf(house, 'dana')).toBe('needs_reauth');
  const told = await house.rows("SELECT id FROM audit_event WHERE action = 'link.needs_reauth'");
  expect(told).toHaveLength(1);
  // Nobody else is touched.
  await expectOneOutcome(house, await house.push({ pusher: 'erin' }));

  await house.signInAgain('dana');
  expect(await linkOf(house, 'dana')).toBe('linked');
  await expectOneOutcome(house, await house.push());
  const path = `/api/v4/projects/${encodeURIComponent(repository)}/pipelines/${refused.id}/retry`;
  const statusesBefore = (await statusesOf(house.github, repository, push.sha)).length;
  const dana = await house.apiOf('dana');
  expect((await dana.post(path)).status).toBe(201);
  await expectOneOutcome(house, push, { statusesBefore });
}

/** GitHub no longer takes the person's access token, so that the next use of it exchanges the refresh token. */
async function endParentOf(house: House, login: string): Promise<void> {
  const parents = (await house.github.secrets()).filter(
    ({ kind, owner, live }) => kind === 'user_token' && owner === login && live,
  );
  for (const { value } of parents) await house.github.endToken(value);
}

/** How often GitHub has issued the person a pair. */
async function chainsOf(house: House, login: string): Promise<number> {
  return (await house.github.secrets()).filter(({ kind, owner }) => kind === 'refresh_token' && owner === login).length;
}

async function linkOf(house: House, login: string): Promise<string | undefined> {
  const rows = await house.rows<{ state: string }>('SELECT state FROM identity WHERE login = $1', login);
  return rows[0]?.state;
}
