/**
 * What GitHub does not document, one switch each. A default is the answer that is worse for a
 * client, so that code written against the simulator survives either.
 */
export interface Switches {
  /** Tokens from `/token/scoped` end when their parent is refreshed, reset or deleted. */
  narrowedDieWithParent: boolean;
  /** A narrowed token ends when its parent would; else it lives 8 h of its own. */
  narrowedExpireWithParent: boolean;
  /** Live tokens of one person and App; one more ends the oldest. Null: no limit. */
  userTokenLimit: number | null;
  /** Narrowed tokens count towards `userTokenLimit`. */
  narrowedCountTowardsLimit: boolean;
  /** How long a used refresh token answers with the same pair again. */
  refreshGraceMs: number;
  /** Showing a used refresh token ends the chain that came out of it. */
  refreshReuseEndsChain: boolean;
  /** `/token/scoped` counts towards the OAuth requests of an hour. */
  narrowingCountsAsOauth: boolean;
  /** Commit statuses count as content creation (with `secondaryLimits` on). */
  statusesAreContent: boolean;
  /** How long an installation token works on after `DELETE /installation/token`. */
  installationTokenRevocationDelayMs: number;
  /** What an App hears of a deleted repository. */
  repositoryDeletion: 'deleted_then_removed' | 'removed_then_deleted' | 'removed' | 'deleted';
  /** `X-GitHub-Hook-Installation-Target-Type`. */
  hookTargetType: string;
  /** Recorded for a delivery that got no answer; outside 400-599 `status=failure` leaves it out. */
  timeoutStatusCode: number;
  /** Ids of deliveries lie above 2^53, where a JSON number loses digits in JavaScript. */
  bigDeliveryIds: boolean;
  /** Resetting a user token ends its refresh token as well. */
  resetEndsRefreshToken: boolean;
  /** A delivery without an answer is given up after this time. */
  hookTimeoutMs: number;
  /** Authorisation, App creation and installation need no click; `login_as` names the person. */
  autoApprove: boolean;
  /** GitHub's short-term limits (points and writes a minute, concurrency, content creation). */
  secondaryLimits: boolean;
  /** Seconds of `retry-after` with a secondary limit; null: GitHub leaves it out. */
  secondaryRetryAfter: number | null;
  /** A recursive tree listing ends after so many entries and says that it is truncated. */
  treeEntriesMax: number;
}

export function worstSwitches(): Switches {
  return {
    narrowedDieWithParent: true,
    narrowedExpireWithParent: true,
    userTokenLimit: 10,
    narrowedCountTowardsLimit: true,
    refreshGraceMs: 0,
    refreshReuseEndsChain: false,
    narrowingCountsAsOauth: true,
    statusesAreContent: true,
    installationTokenRevocationDelayMs: 60_000,
    repositoryDeletion: 'deleted_then_removed',
    hookTargetType: 'integration',
    timeoutStatusCode: 0,
    bigDeliveryIds: true,
    resetEndsRefreshToken: true,
    hookTimeoutMs: 10_000,
    autoApprove: true,
    secondaryLimits: false,
    secondaryRetryAfter: null,
    treeEntriesMax: 100_000,
  };
}
