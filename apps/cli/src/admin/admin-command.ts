import { Command, CommanderError } from 'commander';

import { CommandError, exitStatus } from '../exit-status.js';
import { describeAudit } from './audit.js';
import { describeDeliveries } from './deliveries.js';
import { describeGrants } from './grants.js';
import { describeKeys } from './keys.js';
import { describePeople } from './people.js';
import { describeProjects } from './projects.js';
import { describeRunners } from './runners.js';

/** `crosstie admin …`: works on the database itself, for whoever may read its password. */
export async function runAdmin(parameters: string[]): Promise<number> {
  const admin = new Command('crosstie admin')
    .description('What an operator does without a browser, on the database of a running server.')
    .exitOverride()
    .showHelpAfterError('(crosstie admin --help lists the commands)');
  describePeople(admin);
  describeProjects(admin);
  describeRunners(admin);
  describeDeliveries(admin);
  describeGrants(admin);
  describeAudit(admin);
  describeKeys(admin);
  try {
    await admin.parseAsync(parameters, { from: 'user' });
    return exitStatus.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.done : exitStatus.usage;
    if (!(error instanceof CommandError)) throw error;
    process.stderr.write(`crosstie: ${error.message}\n`);
    return error.status;
  }
}
