import type { LeaseRow } from '@crosstie/domain';
import type { Secret } from '@crosstie/platform';

import type { Keyring, RecordPlace, SealedValue } from './keyring.js';

/** What a lease is about, without its token. */
export type LeaseSubject = Pick<
  LeaseRow,
  'purpose' | 'kind' | 'host' | 'installationId' | 'projectId' | 'pipelineId' | 'issuedAt'
>;

/**
 * A lease's token is bound to what it was given for, not to the row's number: that is known before the row is
 * there, and swapping the tokens of two rows that mean the same gains nothing.
 */
export function placeOfLease(subject: LeaseSubject): RecordPlace {
  const { purpose, kind, host, installationId, projectId, pipelineId, issuedAt } = subject;
  const row = [host, purpose, kind, installationId ?? '', projectId ?? '', pipelineId ?? '', issuedAt.getTime()];
  return { table: 'token_lease', column: 'sealed', row: row.join('/') };
}

export function sealLease(keyring: Keyring, subject: LeaseSubject, token: Secret): SealedValue {
  return keyring.seal('leases', placeOfLease(subject), token.reveal());
}

/** The token of a lease. Throws when the row was altered. */
export function openLease(keyring: Keyring, lease: LeaseRow): Secret {
  return keyring.open('leases', placeOfLease(lease), lease.sealed);
}
