import {
  credentialsUnderOldKeys,
  jobVariablesUnderOldKeys,
  leasesUnderOldKeys,
  rewrapCredential,
  rewrapJobVariables,
  rewrapLease,
  type Database,
} from '@crosstie/domain';

import { secretPlace } from './hook-secrets.js';
import { placeOfJobVariables } from './job-variables-seal.js';
import { keyClasses, type KeyClass } from './key-classes.js';
import type { Keyring } from './keyring.js';
import { placeOfLease } from './lease-seal.js';

const batch = 200;

/** What one class came to. */
export interface RotatedClass {
  class: KeyClass;
  /** The key that encrypts. */
  keyId: string;
  rewrapped: number;
}

/**
 * Puts every record of the vault under the first key of its class. Readers go on meanwhile, since every listed key
 * decrypts; started again it goes on where it was. Afterwards the older keys may be taken out of the configuration.
 * Classes of which this process has no key are left out.
 */
export async function rotateKeys(database: Database, keyring: Keyring): Promise<RotatedClass[]> {
  const done: RotatedClass[] = [];
  for (const cls of keyClasses.filter((each) => keyring.has(each))) {
    const keyId = keyring.currentKeyId(cls);
    const rewrapped =
      (await rotateCredentials(database, keyring, cls)) +
      (await rotateLeases(database, keyring, cls)) +
      (await rotateJobVariables(database, keyring, cls));
    done.push({ class: cls, keyId, rewrapped });
  }
  return done;
}

async function rotateCredentials(database: Database, keyring: Keyring, cls: KeyClass): Promise<number> {
  let [count, after] = [0, 0];
  for (;;) {
    const rows = await database.run(credentialsUnderOldKeys, cls, keyring.currentKeyId(cls), after, batch);
    for (const { id, host, kind, subject, sealed } of rows) {
      const moved = keyring.rewrap(cls, secretPlace(host, kind, subject), sealed);
      // Changed meanwhile: whoever did wrote it under the current key.
      if (moved && (await database.first(rewrapCredential, id, sealed, moved.keyId, moved.sealed))) count += 1;
      after = id;
    }
    if (rows.length < batch) return count;
  }
}

async function rotateLeases(database: Database, keyring: Keyring, cls: KeyClass): Promise<number> {
  if (cls !== 'leases') return 0;
  let [count, after] = [0, 0];
  for (;;) {
    const rows = await database.run(leasesUnderOldKeys, keyring.currentKeyId(cls), after, batch);
    for (const lease of rows) {
      const moved = keyring.rewrap(cls, placeOfLease(lease), lease.sealed);
      if (moved && (await database.first(rewrapLease, lease.id, lease.sealed, moved.keyId, moved.sealed))) count += 1;
      after = lease.id;
    }
    if (rows.length < batch) return count;
  }
}

async function rotateJobVariables(database: Database, keyring: Keyring, cls: KeyClass): Promise<number> {
  if (cls !== 'variables') return 0;
  let [count, after] = [0, 0];
  for (;;) {
    const rows = await database.run(jobVariablesUnderOldKeys, keyring.currentKeyId(cls), after, batch);
    for (const { pipelineId, attempt, index, sealed } of rows) {
      const moved = keyring.rewrap(cls, placeOfJobVariables({ pipelineId, attempt, index }), sealed);
      const place = [pipelineId, attempt, index] as const;
      if (moved && (await database.first(rewrapJobVariables, ...place, sealed, moved.keyId, moved.sealed))) count += 1;
      after = pipelineId;
    }
    // All jobs of a pipeline come with one batch.
    if (rows.length === 0) return count;
  }
}
