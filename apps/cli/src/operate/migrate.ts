import { grantServices, migrate, migrationsPending } from '@crosstie/domain';

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
    const { granted, missing } = await grantServices(dataSource);
    process.stdout.write(`${granted.length} services have what they need from the database\n`);
    if (missing.length > 0) process.stderr.write(rolesMissing(missing));
    return exitStatus.done;
  });
}

/** No mistake: a small server may well run all services as the owner of the tables. */
function rolesMissing(roles: readonly string[]): string {
  const statements = roles.map((role) => `  CREATE ROLE ${role} NOLOGIN;\n`).join('');
  return `These roles are not there, and this login may not make them. For a database role of its own for each service, run\n${statements}as an administrator of the database, and crosstie migrate again.\n`;
}
