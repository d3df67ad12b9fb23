import { migrate, migrationsPending } from '@crosstie/domain';

import { exitStatus } from '../exit-status.js';
import { withDatabase } from './open-database.js';

/** `crosstie migrate [--status]`. */
export function migrateCommand(options: { status?: boolean; data?: string }): Promise<number> {
  return withDatabase(options.data, async ({ dataSource }) => {
    if (options.status) {
      const pending = await migrationsPending(dataSource);
      process.stdout.write(pending ? 'migrations are missing: run crosstie migrate\n' : 'the database is up to date\n');
      return pending ? exitStatus.no : exitStatus.done;
    }
    const applied = await migrate(dataSource);
    process.stdout.write(applied.length > 0 ? `${applied.join('\n')}\n` : 'the database is up to date\n');
    return exitStatus.done;
  });
}
