import { type Database, type GrantedService, roleOf, serviceGrants } from '@crosstie/domain';
import { keyClassesOf } from '@crosstie/token-vault';
import type { Command } from 'commander';

import { withDatabase } from '../operate/open-database.js';
import { print } from './output.js';
import { type AdminOptions, describe } from './command-options.js';

/** `grants list`. */
export function describeGrants(admin: Command): void {
  describe(
    admin,
    'grants',
    'list',
    'what each service may do in the database, as that tells it, and its key classes',
  ).action((options: AdminOptions) =>
    withDatabase(options.data, async (db) => {
      const services = Object.keys(serviceGrants) as GrantedService[];
      const rows = await Promise.all(services.map((service) => grantsOf(db, service)));
      print(rows.flat(), options.json ?? false);
    }),
  );
}

/** One row for each set of privileges, with the tables that are granted so. */
async function grantsOf(db: Database, service: GrantedService) {
  const role = roleOf(service);
  const granted = await db.dataSource.query<{ may: string; tables: string[] }[]>(
    `SELECT may, array_agg(name ORDER BY name) AS tables FROM (
       SELECT table_name::text AS name, string_agg(lower(privilege_type), ' ' ORDER BY privilege_type DESC) AS may
         FROM information_schema.role_table_grants WHERE grantee = $1 GROUP BY 1) AS each
      GROUP BY may ORDER BY may`,
    [role],
  );
  const sessions = await db.dataSource.query<{ login: string; count: number }[]>(
    `SELECT usename AS login, count(*)::int AS count FROM pg_stat_activity
      WHERE application_name = $1 AND datname = current_database() GROUP BY 1 ORDER BY 1`,
    [service],
  );
  const common = {
    service,
    role,
    key_classes: keyClassesOf[service],
    connected_as: sessions.map(({ login, count }) => `${login} (${count})`),
  };
  return granted.map(({ may, tables }) => ({ ...common, may, tables }));
}
