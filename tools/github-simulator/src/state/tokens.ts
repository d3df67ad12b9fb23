import type { SimulatedClock } from './clock.js';
import type {
  AccessToken,
  InstallationToken,
  OauthToken,
  PersonalToken,
  Permissions,
  RefreshToken,
  UserToken,
} from './model.js';
import { installationTokenValue, randomText } from './secrets.js';
import type { Switches } from './switches.js';

const hourMs = 3_600_000;
export const userTokenLifetimeS = 28_800;
/** As seen at GitHub: 184 days, to be read from the answer. */
export const refreshTokenLifetimeS = 15_897_600;

/**
 * Every token ever issued. A token is live until it expires or is ended; ended ones are kept, so
 * that a test can search for them.
 */
export class Tokens {
  readonly access = new Map<string, AccessToken>();
  readonly refresh = new Map<string, RefreshToken>();
  private nextUserTokenId = 1;

  constructor(
    private readonly clock: SimulatedClock,
    private readonly switches: Switches,
  ) {}

  /** The token behind a value, if it works now. */
  live(value: string): AccessToken | undefined {
    const token = this.access.get(value);
    if (!token) return undefined;
    const now = this.clock.now();
    if (token.endedAt !== null && token.endedAt <= now) return undefined;
    if ('expiresAt' in token && token.expiresAt !== null && token.expiresAt <= now) return undefined;
    return token;
  }

  liveUserToken(value: string): UserToken | undefined {
    const token = this.live(value);
    return token?.kind === 'user' ? token : undefined;
  }

  issueInstallationToken(
    appId: number,
    installationId: number,
    narrowed: { permissions: Permissions; repositoryIds: Set<number> | null },
  ): InstallationToken {
    const now = this.clock.now();
    const token: InstallationToken = {
      kind: 'installation',
      value: installationTokenValue(appId, installationId, Math.floor(now / 1000)),
      appId,
      installationId,
      ...narrowed,
      createdAt: now,
      expiresAt: now + hourMs,
      endedAt: null,
    };
    this.access.set(token.value, token);
    return token;
  }

  issueUserToken(issue: {
    appId: number;
    userId: number;
    expires: boolean;
    narrowing?: UserToken['narrowing'];
    parent?: UserToken;
  }): UserToken {
    const now = this.clock.now();
    const parentExpiry = this.switches.narrowedExpireWithParent && issue.parent ? issue.parent.expiresAt : undefined;
    const token: UserToken = {
      kind: 'user',
      id: this.nextUserTokenId++,
      value: `ghu_${randomText(36)}`,
      appId: issue.appId,
      userId: issue.userId,
      createdAt: now,
      expiresAt: parentExpiry !== undefined ? parentExpiry : issue.expires ? now + userTokenLifetimeS * 1000 : null,
      endedAt: null,
      narrowing: issue.narrowing ?? null,
      parent: issue.parent?.value ?? null,
    };
    this.access.set(token.value, token);
    this.keepToLimit(token);
    return token;
  }

  issueRefreshToken(access: UserToken): RefreshToken {
    const now = this.clock.now();
    const token: RefreshToken = {
      kind: 'refresh',
      value: `ghr_${randomText(76)}`,
      appId: access.appId,
      userId: access.userId,
      createdAt: now,
      expiresAt: now + refreshTokenLifetimeS * 1000,
      usedAt: null,
      endedAt: null,
      accessToken: access.value,
      narrowing: access.narrowing,
      answer: null,
    };
    this.refresh.set(token.value, token);
    return token;
  }

  issuePersonalToken(userId: number): PersonalToken {
    const token: PersonalToken = { kind: 'personal', value: `ghp_${randomText(36)}`, userId, endedAt: null };
    this.access.set(token.value, token);
    return token;
  }

  /** @param scopes as they were granted, in order */
  issueOauthToken(appId: number, userId: number, scopes: string[]): OauthToken {
    const token: OauthToken = {
      kind: 'oauth',
      id: this.nextUserTokenId++,
      value: `gho_${randomText(36)}`,
      appId,
      userId,
      scopes,
      createdAt: this.clock.now(),
      endedAt: null,
    };
    this.access.set(token.value, token);
    this.keepScopesToLimit(token);
    return token;
  }

  /** Ends an access token, and those narrowed from it when the switch says so. */
  end(token: AccessToken, at: number = this.clock.now()): void {
    if (token.endedAt === null || token.endedAt > at) token.endedAt = at;
    if (token.kind !== 'user' || !this.switches.narrowedDieWithParent) return;
    for (const other of this.access.values()) {
      if (other.kind === 'user' && other.parent === token.value) this.end(other, at);
    }
  }

  /** Ends all that a person gave an App: access, narrowed and refresh tokens. */
  endGrant(appId: number, userId: number): void {
    const now = this.clock.now();
    for (const token of this.access.values()) {
      const isIts = token.kind === 'user' || token.kind === 'oauth';
      if (isIts && token.appId === appId && token.userId === userId) token.endedAt ??= now;
    }
    for (const token of this.refresh.values()) {
      if (token.appId === appId && token.userId === userId) token.endedAt ??= now;
    }
  }

  /** The refresh token issued together with an access token. */
  refreshTokenOf(access: UserToken): RefreshToken | undefined {
    for (const token of this.refresh.values()) if (token.accessToken === access.value) return token;
    return undefined;
  }

  /** GitHub counts the tokens of a person, an OAuth app and a set of scopes. */
  private keepScopesToLimit(newest: OauthToken): void {
    const limit = this.switches.userTokenLimit;
    if (limit === null) return;
    const counted = [...this.access.values()].filter(
      (token): token is OauthToken =>
        token.kind === 'oauth' &&
        token.appId === newest.appId &&
        token.userId === newest.userId &&
        token.scopes.join() === newest.scopes.join() &&
        token.endedAt === null,
    );
    for (const oldest of counted.slice(0, Math.max(0, counted.length - limit))) this.end(oldest);
  }

  private keepToLimit(newest: UserToken): void {
    const limit = this.switches.userTokenLimit;
    if (limit === null) return;
    const counted = [...this.access.values()].filter(
      (token): token is UserToken =>
        token.kind === 'user' &&
        token.appId === newest.appId &&
        token.userId === newest.userId &&
        (token.parent === null || this.switches.narrowedCountTowardsLimit) &&
        this.live(token.value) !== undefined,
    );
    counted.sort((a, b) => a.id - b.id);
    for (const oldest of counted.slice(0, Math.max(0, counted.length - limit))) this.end(oldest);
  }
}
