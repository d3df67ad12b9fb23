import { findCredentials, type Database, type Queryable } from '@crosstie/domain';
import type { Clock, Secret } from '@crosstie/platform';

import type { Keyring, RecordPlace } from './keyring.js';

/** Where a secret of the App, or a person's chain (`subject`), lives. */
export function secretPlace(host: string, kind: string, subject = 0): RecordPlace {
  return { table: 'credential', column: 'sealed', row: `${host}/${kind}/${subject}` };
}

/** The webhook secrets of a host as they stand in the vault, newest first. */
export async function readHookSecrets(db: Queryable, keyring: Keyring, host: string): Promise<Secret[]> {
  const rows = await db.run(findCredentials, host, 'webhook_secret', 0);
  return rows.map((row) => keyring.open('hook', secretPlace(host, 'webhook_secret'), row.sealed));
}

const keptMs = 5_000;
const askedAgainMs = 1_000;

interface Kept {
  secrets: Secret[];
  at: number;
  /** When they were last read because they did not fit. */
  againAt: number;
}

/**
 * The webhook secrets for who verifies deliveries; needs the class `hook` alone. Read once in five seconds,
 * so that a flood of deliveries is no flood of statements.
 */
export class HookSecrets {
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
    private readonly clock: Clock,
  ) {}

  /**
   * The secrets that a delivery may be signed with, newest first; none before the set-up. That there are none is not
   * remembered: GitHub sends the first delivery of a new App at once and never again.
   *
   * @param again the ones known did not fit: reads anew, once a second at the most
   */
  async hookSecrets(host: string, again = false): Promise<Secret[]> {
    const known = this.kept.get(host);
    const now = this.clock.ms();
    if (known && !due(known, now, again)) return known.secrets;
    const secrets = await readHookSecrets(this.database, this.keyring, host);
    if (secrets.length > 0) this.kept.set(host, { secrets, at: now, againAt: again ? now : (known?.againAt ?? 0) });
    return secrets;
  }
}

function due(known: Kept, now: number, again: boolean): boolean {
  return now - known.at >= keptMs || (again && now - known.againAt >= askedAgainMs);
}
