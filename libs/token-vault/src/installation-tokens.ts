import { findSharedLease, insertLease, type Database, type LeaseRow, type LeaseTarget } from '@crosstie/domain';
import { AppClient, GithubClient, GithubError, type GithubHost, type InstallationToken } from '@crosstie/github';
import type { Clock, Logger, Secret } from '@crosstie/platform';

import type { AppSecrets } from './app-secrets.js';
import { guarded } from './guarded.js';
import type { Keyring } from './keyring.js';
import { openLease, sealLease, type LeaseSubject } from './lease-seal.js';
import { scopeDiffers, type AskedScope } from './scope.js';
import { refusalOf, TokenRefused } from './token-refused.js';

/** What the server's own doings need, and nothing beside it. */
export const sharedPermissions = {
  read: { contents: 'read' },
  status: { statuses: 'write' },
} as const satisfies Record<'read' | 'status', AskedScope['permissions']>;

/** A shared token with less than this left is not handed out: who gets it still has to use it. */
const sharedMarginMs = 5 * 60_000;
const jwtMarginMs = 60_000;

export interface GivenLease {
  leaseId: number;
  expiresAt: Date;
}

/** Tokens of the installation, narrowed to one repository, and the App's own proof. */
export class InstallationTokens {
  private readonly underWay = new Map<string, Promise<GivenLease>>();

  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly app: AppSecrets,
    private readonly github: GithubHost,
  ) {}

  /** The token that the server reads or posts with; one for each repository, shared until shortly before its end. */
  shared(purpose: 'read' | 'status', target: LeaseTarget): Promise<GivenLease> {
    return this.once(`${purpose}/${target.projectId}`, async () => {
      const past = new Date(this.clock.ms() + sharedMarginMs);
      const { host, installationId, projectId } = target;
      const known = await this.database.first(findSharedLease, host, installationId, purpose, projectId, past);
      return known ? given(known) : this.mint(target, purpose, sharedPermissions[purpose], null);
    });
  }

  /** A token to clone with, for one pipeline alone: it is ended with it. */
  forPipeline(target: LeaseTarget, pipelineId: number): Promise<GivenLease> {
    return this.once(`clone/${target.projectId}/${pipelineId}`, () =>
      this.mint(target, 'clone', sharedPermissions.read, pipelineId),
    );
  }

  /** The App's own proof, for what belongs to no installation: the delivery log. */
  appJwt(host: string): Promise<GivenLease> {
    return this.once(`jwt/${host}`, async () => {
      const now = this.clock.ms();
      const known = await this.database.first(findSharedLease, host, null, 'app', null, new Date(now + jwtMarginMs));
      if (known && this.readable(known)) return given(known);
      const { jwt, expiresAt } = await this.app.jwt(host);
      const subject = subjectOf('app', 'app_jwt', host, null, null, null, new Date(now));
      return this.keep(subject, { token: jwt, permissions: {}, expiresAt });
    });
  }

  private async mint(
    target: LeaseTarget,
    purpose: 'read' | 'status' | 'clone',
    permissions: AskedScope['permissions'],
    pipelineId: number | null,
  ): Promise<GivenLease> {
    const { jwt } = await this.app.jwt(target.host);
    const asked = { repositoryId: target.repositoryId, permissions };
    const issuedAt = this.clock.now();
    const minted = await this.ask(jwt, target, asked);
    guarded(minted.token);
    await this.refuseOtherScope(target, asked, minted);
    const { host, installationId, projectId } = target;
    const subject = subjectOf(purpose, 'installation', host, installationId, projectId, pipelineId, issuedAt);
    return this.keep(subject, minted);
  }

  /** Asked a second time when no answer came: a token that nobody got does no harm. */
  private async ask(jwt: Secret, target: LeaseTarget, asked: AskedScope): Promise<InstallationToken> {
    const narrow = { repositoryIds: [asked.repositoryId], permissions: asked.permissions };
    const mint = () => new AppClient(this.github, jwt).mintInstallationToken(target.githubInstallationId, narrow);
    try {
      return await mint().catch((error: unknown) => {
        if (error instanceof GithubError && error.kind === 'unavailable') return mint();
        throw error;
      });
    } catch (error) {
      if (error instanceof GithubError && error.kind === 'suspended') throw suspended(target);
      if (error instanceof GithubError && error.kind === 'not_found') throw uninstalled(target);
      throw refusalOf(error);
    }
  }

  private async refuseOtherScope(target: LeaseTarget, asked: AskedScope, minted: InstallationToken): Promise<void> {
    const wrong = scopeDiffers(asked, minted);
    if (wrong === null) return;
    this.logger.error('GitHub gave a token of another scope than asked for', { project: target.projectId, wrong });
    const budget = `installation:${target.githubInstallationId}`;
    await new GithubClient(this.github, minted.token, budget).revokeInstallationToken();
    throw scopeMismatch(target, wrong);
  }

  private async keep(
    subject: LeaseSubject,
    { token, permissions, expiresAt }: Pick<InstallationToken, 'token' | 'permissions' | 'expiresAt'>,
  ): Promise<GivenLease> {
    const { keyId, sealed } = sealLease(this.keyring, subject, token);
    const [row] = await this.database.run(
      insertLease,
      subject.purpose,
      subject.kind,
      subject.host,
      subject.installationId,
      subject.projectId,
      null,
      null,
      subject.pipelineId,
      JSON.stringify(permissions),
      keyId,
      sealed,
      subject.issuedAt,
      expiresAt,
    );
    if (!row) throw new Error('The lease was not stored');
    return { leaseId: row.id, expiresAt };
  }

  /** After a change of keys an older lease may not open any more: then a new one is made. */
  private readable(lease: LeaseRow): boolean {
    try {
      openLease(this.keyring, lease);
      return true;
    } catch {
      return false;
    }
  }

  private once(key: string, make: () => Promise<GivenLease>): Promise<GivenLease> {
    const running = this.underWay.get(key);
    if (running) return running;
    const made = make().finally(() => this.underWay.delete(key));
    this.underWay.set(key, made);
    return made;
  }
}

function given(lease: LeaseRow): GivenLease {
  return { leaseId: lease.id, expiresAt: lease.expiresAt };
}

export function subjectOf(
  purpose: LeaseSubject['purpose'],
  kind: LeaseSubject['kind'],
  host: string,
  installationId: number | null,
  projectId: number | null,
  pipelineId: number | null,
  issuedAt: Date,
): LeaseSubject {
  return { purpose, kind, host, installationId, projectId, pipelineId, issuedAt };
}

export function scopeMismatch(target: LeaseTarget, wrong: string): TokenRefused {
  return new TokenRefused(
    'token_scope_mismatch',
    `GitHub gave a token of another scope than asked for on ${target.fullName} (${wrong}); it was ended and not used.`,
  );
}

export function suspended(target: LeaseTarget): TokenRefused {
  return new TokenRefused(
    'installation_suspended',
    `The GitHub App is suspended for ${target.fullName}; an owner resumes it in the installation's settings on GitHub.`,
  );
}

export function uninstalled(target: LeaseTarget): TokenRefused {
  return new TokenRefused(
    'token_refused',
    `The GitHub App no longer reaches ${target.fullName}; an owner installs it there again.`,
  );
}
