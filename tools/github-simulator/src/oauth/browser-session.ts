import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Account } from '../state/model.js';
import { randomHex } from '../state/secrets.js';
import type { World } from '../world.js';

const cookieName = 'user_session';

/** The person signed in to the simulated GitHub: by cookie, or by `login_as` when nothing needs a click. */
export function signedInPerson(world: World, request: FastifyRequest, loginAs: string | null): Account | undefined {
  if (loginAs !== null && world.switches.autoApprove) return world.store.accountByLogin(loginAs);
  const cookie = /(?:^|;\s*)user_session=([0-9a-f]+)/.exec(request.headers.cookie ?? '')?.[1];
  const id = cookie === undefined ? undefined : world.store.browserSessions.get(cookie);
  return id === undefined ? undefined : world.store.accounts.get(id);
}

export function signIn(world: World, reply: FastifyReply, person: Account): void {
  const value = randomHex(20);
  world.store.browserSessions.set(value, person.id);
  reply.header('set-cookie', `${cookieName}=${value}; Path=/; HttpOnly; SameSite=Lax`);
}
