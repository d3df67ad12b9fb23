import { type GrantedService, roleOf } from '@crosstie/domain';
import pg from 'pg';

const password = 'a-test';
/** Any fixed number; roles belong to the server, and several tests may want them at once. */
const lock = 7_305_590;

/**
 * The address that a service has for a test's database: a login that is in the service's role, and may do nothing
 * else. The login is made on the server where it is missing.
 */
export async function databaseUrlFor(ownerUrl: string, service: GrantedService): Promise<string> {
  const role = roleOf(service);
  const login = `${role}_test`;
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [lock]);
    const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [login]);
    if (rowCount === 0) await client.query(`CREATE ROLE ${login} LOGIN PASSWORD '${password}' IN ROLE ${role}`);
  } finally {
    await client.end();
  }
  const url = new URL(ownerUrl);
  url.username = login;
  url.password = password;
  return url.href;
}
