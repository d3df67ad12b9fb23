import { type GrantedService, roleOf } from '@crosstie/domain';
import pg from 'pg';

const password = 'a-test';
/** What PostgreSQL says where another test has just made the same login: roles belong to the server. */
const madeMeanwhile = ['42710', '23505'];

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
    await client.query(`CREATE ROLE ${login} LOGIN PASSWORD '${password}' IN ROLE ${role}`);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && madeMeanwhile.includes(error.code ?? ''))) throw error;
  } finally {
    await client.end();
  }
  const url = new URL(ownerUrl);
  url.username = login;
  url.password = password;
  return url.href;
}
