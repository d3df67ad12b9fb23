import {
  Database,
  findActorBySession,
  findActorByToken,
  tokenHash,
  touchAccessToken,
  touchSession,
  type ActorRow,
} from '@crosstie/domain';
import { Clock, CrosstieConfig, Forbidden, Unauthorized } from '@crosstie/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import type { Actor } from './actor.js';
import { presentedToken } from './presented-token.js';
import { csrfHolds, readSessionCookie } from './session-cookie.js';

const safeVerbs = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Finds the person behind a request. */
@Injectable()
export class Actors {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
  ) {}

  /** The actor of a request; throws Unauthorized without a credential that holds. */
  async of(request: FastifyRequest): Promise<Actor> {
    const token = presentedToken(request);
    if (token !== null) return this.byToken(token);
    const secret = readSessionCookie(request.headers.cookie, this.config.url);
    if (secret === null) throw new Unauthorized();
    const actor = await this.bySession(secret);
    if (!actor) throw new Unauthorized();
    if (!safeVerbs.has(request.method)) this.refuseForeignPage(request, secret);
    return actor;
  }

  /** The actor of a personal access token; throws Unauthorized. */
  async byToken(token: string): Promise<Actor> {
    const now = this.clock.now();
    const row = await this.database.first(findActorByToken, tokenHash(token), now);
    if (!row || row.blocked) throw new Unauthorized();
    if (row.revoked) throw new Unauthorized('Token was revoked. You have to re-authorize from the user.');
    if (row.expired) throw new Unauthorized('Token is expired. You can either do re-authorization or token refresh.');
    if (row.stale) await this.database.run(touchAccessToken, row.credentialId, now);
    return toActor(row, 'token');
  }

  /** The actor of a browser session; null when it is over or nobody signed in. */
  async bySession(secret: string): Promise<Actor | null> {
    const now = this.clock.now();
    const row = await this.database.first(findActorBySession, tokenHash(secret), now);
    if (!row || row.blocked || row.expired) return null;
    if (row.stale) await this.database.run(touchSession, row.credentialId, now);
    return toActor(row, 'session');
  }

  /** A cookie travels by itself, so who changes something with it also shows that a page of ours asked. */
  private refuseForeignPage({ headers }: FastifyRequest, secret: string): void {
    const { origin } = headers;
    const foreign = origin !== undefined && origin !== new URL(this.config.url).origin;
    if (foreign || !csrfHolds(secret, headers['x-csrf-token'] ?? headers['x-csrf'])) {
      throw new Forbidden('Send the csrf_token of /api/crosstie/v1/account as X-CSRF-Token.', 'csrf');
    }
  }
}

function toActor(row: ActorRow, via: Actor['via']): Actor {
  const { userId, username, isAdmin, scopes, credentialId } = row;
  return { userId, username, isAdmin, scopes, via, credentialId };
}
