import {
  findCloneTarget,
  findLeaseTarget,
  type Database,
  type LeasePerson,
  type LeaseTarget,
  type StoredPersonEvent,
} from '@crosstie/domain';
import type { GithubHost } from '@crosstie/github';
import type { TokenReply, TokenRequest } from '@crosstie/messaging';
import type { Clock, Logger } from '@crosstie/platform';

import { AppSecrets } from './app-secrets.js';
import { CloneTokens } from './clone-tokens.js';
import { InstallationTokens, suspended, uninstalled, type GivenLease } from './installation-tokens.js';
import type { Keyring } from './keyring.js';
import { PersonChains } from './person-chains.js';
import { RetiredTokens } from './retired-tokens.js';
import { TokenClient } from './token-client.js';
import { needsReauth, TokenRefused } from './token-refused.js';

export interface TokenAuthorityParts {
  database: Database;
  keyring: Keyring;
  clock: Clock;
  logger: Logger;
  github: GithubHost;
  /** Called after a commit with what is to be told to the others. */
  publish: (events: StoredPersonEvent[]) => void;
}

/**
 * The one place that holds what makes tokens: the App's private key and people's refresh tokens. The others ask
 * for a lease with a purpose; the token itself is in the lease's row, sealed, and never on the bus.
 */
export class TokenAuthority {
  readonly app: AppSecrets;
  readonly chains: PersonChains;
  readonly retired: RetiredTokens;
  /** Tokens for the authority's own calls. */
  readonly tokens: TokenClient;
  private readonly database: Database;
  private readonly installations: InstallationTokens;
  private readonly clones: CloneTokens;

  constructor({ database, keyring, clock, logger, github, publish }: TokenAuthorityParts) {
    this.database = database;
    this.app = new AppSecrets(database, keyring, clock);
    this.chains = new PersonChains(database, keyring, clock, this.app, github, publish);
    this.installations = new InstallationTokens(database, keyring, clock, logger, this.app, github);
    this.clones = new CloneTokens(
      { database, keyring, clock, logger, github },
      this.app,
      this.chains,
      this.installations,
    );
    this.tokens = new TokenClient(database, { ask: (_subject, request) => this.answer(request) }, clock, keyring);
    this.retired = new RetiredTokens(database, keyring, clock, logger, this.app, github);
  }

  /** Answers a request of another service: a lease, or the refusal as a value. */
  async answer(request: TokenRequest): Promise<TokenReply> {
    try {
      const lease = await this.lease(request);
      return { granted: true, leaseId: lease.leaseId, expiresAt: lease.expiresAt.toISOString() };
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      const { reason, message, retryAfterMs } = error;
      return { granted: false, reason, message, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
    }
  }

  /** A lease for a purpose, shared or new. Throws TokenRefused. */
  async lease(request: TokenRequest): Promise<GivenLease> {
    if (request.purpose === 'app_jwt') return this.installations.appJwt(request.host);
    const { database } = this;
    if (request.purpose !== 'clone') {
      const target = reachable(await database.first(findLeaseTarget, request.projectId));
      return this.installations.shared(request.purpose, target);
    }
    const { pipelineId, userId, mustOutliveMs } = request;
    const target = reachable(await database.first(findCloneTarget, request.projectId, userId));
    const person = entitled(target.person);
    return this.clones.lease({ target, pipelineId, userId, person, mustOutliveMs });
  }
}

function reachable<T extends LeaseTarget>(target: T | null): T {
  if (!target) throw new TokenRefused('token_refused', 'The project does not exist.');
  if (target.gone) throw uninstalled(target);
  if (target.suspended) throw suspended(target);
  return target;
}

/** Whose rights the pipeline has; asked again here, since they may have ended since it was made. */
function entitled(person: LeasePerson | null): LeasePerson {
  if (!person || person.blocked || person.state === 'revoked') {
    throw new TokenRefused('sender_not_linked', 'The person is not linked to GitHub: sign in with GitHub, then retry.');
  }
  if (!person.termsAccepted) {
    throw new TokenRefused('terms_not_accepted', 'The terms in force are not accepted: accept them, then retry.');
  }
  if (person.state === 'needs_reauth') throw needsReauth();
  return person;
}
