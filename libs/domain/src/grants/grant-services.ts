import type { DataSource, QueryRunner } from 'typeorm';

import { migrationLock } from '../database/migrate.js';
import type { TableUse } from '../database/statement.js';
import { type GrantedService, serviceGrants } from './service-grants.js';

const privileges: Readonly<Record<string, string>> = { s: 'SELECT', i: 'INSERT', u: 'UPDATE', d: 'DELETE' };

/** The role that a service's own login is a member of. */
export function roleOf(service: GrantedService): string {
  return `crosstie_${service.replaceAll('-', '_')}`;
}

/** The privileges on each table, in PostgreSQL's words. */
export function privilegesOf(tables: TableUse): [table: string, privileges: string[]][] {
  return Object.entries(tables).map(([table, letters]) => [table, [...letters].map((each) => privileges[each] ?? '')]);
}

interface GrantReport {
  readonly granted: readonly string[];
  /** Roles that are not there and that the one who migrates may not make. */
  readonly missing: readonly string[];
}

/**
 * Gives each service's role what the service uses and takes everything else from it, in one transaction. Roles cannot
 * log in: whoever runs the database makes a login for each service and puts it into the service's role. Safe to call
 * from several places at once and as often as one likes; after the migrations.
 */
export async function grantServices(dataSource: DataSource): Promise<GrantReport> {
  const runner = dataSource.createQueryRunner();
  await runner.connect();
  try {
    await runner.startTransaction();
    await runner.query('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
    const report = await grantAll(runner);
    await runner.commitTransaction();
    return report;
  } catch (error) {
    await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await runner.release();
  }
}

async function grantAll(runner: QueryRunner): Promise<GrantReport> {
  const granted: string[] = [];
  const missing: string[] = [];
  for (const service of Object.keys(serviceGrants) as GrantedService[]) {
    const role = roleOf(service);
    if (await roleIsThere(runner, role)) {
      await grant(runner, role, serviceGrants[service]);
      granted.push(role);
    } else missing.push(role);
  }
  return { granted, missing };
}

async function roleIsThere(runner: QueryRunner, role: string): Promise<boolean> {
  const [found] = (await runner.query(
    `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS "isThere",
            (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) AS "mayMake"`,
    [role],
  )) as { isThere: boolean; mayMake: boolean }[];
  if (!found?.isThere && found?.mayMake) await runner.query(createUnlessMadeMeanwhile(role));
  return found?.isThere || found?.mayMake || false;
}

/** Names come from the list above and from our own tables, so none of them needs quoting. */
async function grant(runner: QueryRunner, role: string, tables: TableUse): Promise<void> {
  await runner.query(`REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${role}`);
  await runner.query(`REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM ${role}`);
  await runner.query(`GRANT USAGE ON SCHEMA public TO ${role}`);
  // Each service looks whether the database is of its release.
  await runner.query(`GRANT SELECT ON migrations TO ${role}`);
  for (const [table, allowed] of privilegesOf(tables)) {
    await runner.query(`GRANT ${allowed.join(', ')} ON ${table} TO ${role}`);
    if (allowed.includes('INSERT')) await grantSequences(runner, role, table);
  }
}

/** Numbers are sometimes taken before the row is stored. */
async function grantSequences(runner: QueryRunner, role: string, table: string): Promise<void> {
  const sequences = (await runner.query(
    `SELECT DISTINCT pg_get_serial_sequence($1, attname) AS name FROM pg_attribute
      WHERE attrelid = $1::regclass AND attidentity <> '' AND NOT attisdropped`,
    [table],
  )) as { name: string }[];
  for (const { name } of sequences) await runner.query(`GRANT USAGE ON SEQUENCE ${name} TO ${role}`);
}

/** Roles belong to the whole server: a migration of another database on it may make the same one just now. */
function createUnlessMadeMeanwhile(role: string): string {
  return `DO $$ BEGIN CREATE ROLE ${role} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`;
}
