import { verifyAudit } from '@crosstie/domain';
import type { Command } from 'commander';

import { CommandError, exitStatus } from '../exit-status.js';
import { withDatabase } from '../operate/open-database.js';
import { type AdminOptions, describe } from './command-options.js';
import { print } from './output.js';

/** `audit verify`. */
export function describeAudit(admin: Command): void {
  describe(
    admin,
    'audit',
    'verify',
    'whether a line of the audit was changed or taken out since it was written',
  ).action((options: AdminOptions) =>
    withDatabase(options.data, async (db) => {
      const { lines, brokenAt, head } = await verifyAudit(db);
      if (brokenAt !== null) {
        throw new CommandError(`The audit was changed at event ${brokenAt}, or just before it`, exitStatus.no);
      }
      print([{ lines, last_hash: head }], options.json ?? false);
    }),
  );
}
