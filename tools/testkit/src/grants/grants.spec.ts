import * as domain from '@crosstie/domain';
import {
  type GrantedService,
  grantServices,
  privilegesOf,
  roleOf,
  serviceGrants,
  type TableUse,
} from '@crosstie/domain';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { type FreshDatabase, freshDatabase } from '../fresh-database.js';
import { databaseUrlFor } from '../service-logins.js';
import { usedTables } from './used-tables.js';

const services = Object.keys(serviceGrants) as GrantedService[];
const granted: Readonly<Record<GrantedService, Readonly<Record<string, string>>>> = serviceGrants;
const denied = '42501';

interface AnyStatement {
  readonly name: string;
  readonly text: string;
  readonly tables: TableUse;
}

describe("the services' database roles", () => {
  let store: FreshDatabase;
  let owner: pg.Client;

  beforeAll(async () => {
    store = await freshDatabase();
    owner = await connect(store.url);
  });

  afterAll(async () => {
    await owner.end();
    await store.drop();
  });

  async function connect(url: string): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return client;
  }

  const login = async (service: GrantedService): Promise<pg.Client> =>
    connect(await databaseUrlFor(store.url, service));

  it.each(services)('list what %s uses, no more and no less', (service) => {
    expect(granted[service]).toEqual(usedTables(service).tables);
  });

  it('have those privileges in the database, and no others', async () => {
    const { rows } = await owner.query<{ role: string; name: string; privileges: string[] }>(
      `SELECT grantee AS role, table_name AS name, array_agg(privilege_type::text) AS privileges
         FROM information_schema.role_table_grants WHERE grantee = ANY ($1) AND table_name <> 'migrations'
        GROUP BY 1, 2`,
      [services.map(roleOf)],
    );
    const found = rows.map(({ role, name, privileges }) => `${role} ${name} ${privileges.sort().join(' ')}`);
    const wanted = services.flatMap((service) =>
      privilegesOf(granted[service]).map(([table, words]) => `${roleOf(service)} ${table} ${words.sort().join(' ')}`),
    );
    expect(found.sort()).toEqual(wanted.sort());
  });

  it('do not let the gateway update a job, or read who somebody is', async () => {
    const gateway = await login('webhook-gateway');
    try {
      await expect(gateway.query("UPDATE job SET status = 'success'")).rejects.toMatchObject({ code: denied });
      await expect(gateway.query('SELECT * FROM identity')).rejects.toMatchObject({ code: denied });
      await expect(gateway.query('CREATE TABLE mine (id int)')).rejects.toMatchObject({ code: denied });
      await gateway.query('SELECT id FROM webhook_delivery');
    } finally {
      await gateway.end();
    }
  });

  it('let nobody but identity-linker write what is in the vault', () => {
    const vault = ['credential', 'token_lease', 'github_app'];
    const writers = services.filter((each) => vault.some((table) => /[iud]/.test(granted[each][table] ?? '')));
    expect(writers).toEqual(['identity-linker']);
  });

  it('are as they were when granted a second time, also after somebody gave one too much', async () => {
    const role = roleOf('webhook-gateway');
    await owner.query(`GRANT UPDATE ON job TO ${role}`);
    const dataSource = domain.createDataSource({ url: store.url, applicationName: 'grants' });
    await dataSource.initialize();
    try {
      const report = await grantServices(dataSource);
      expect(report).toEqual({ granted: services.map(roleOf), missing: [] });
    } finally {
      await dataSource.destroy();
    }
    const { rows } = await owner.query("SELECT has_table_privilege($1, 'job', 'UPDATE') AS may", [role]);
    expect(rows).toEqual([{ may: false }]);
  });

  describe('come from statements that say what they do', () => {
    const statements: AnyStatement[] = Object.values<unknown>(domain).filter(isStatement);
    const role = 'crosstie_statement_test';

    beforeAll(async () => {
      await owner.query(`DROP ROLE IF EXISTS ${role}`);
      await owner.query(`CREATE ROLE ${role} NOLOGIN`);
      await owner.query(`GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${role}`);
    });

    afterAll(async () => {
      await owner.query(`DROP OWNED BY ${role}`);
      await owner.query(`DROP ROLE ${role}`);
    });

    /** What PostgreSQL refuses to a role with these privileges; null when it would run. */
    async function refusal(text: string, tables: Readonly<Record<string, string>>): Promise<string | null> {
      await owner.query('BEGIN');
      try {
        for (const [table, words] of privilegesOf(tables)) {
          if (words.length > 0) await owner.query(`GRANT ${words.join(', ')} ON ${table} TO ${role}`);
        }
        await owner.query(`SET LOCAL ROLE ${role}`);
        await owner.query(`EXPLAIN (GENERIC_PLAN) ${text}`);
        return null;
      } catch (error) {
        if ((error as { code?: string }).code !== denied) throw error;
        return (error as Error).message;
      } finally {
        await owner.query('ROLLBACK');
      }
    }

    it('there are statements to look at', () => expect(statements.length).toBeGreaterThan(50));

    it.each(statements.map((each) => [each.name, each] as const))('%s', async (_, { text, tables }) => {
      expect(await refusal(text, tables)).toBeNull();
      for (const [table, letters] of Object.entries(tables)) {
        for (const letter of letters) {
          // Numbers are taken from a sequence while the statement runs, which nothing here does.
          if (letter === 'i' && text.includes('nextval')) continue;
          const less = { ...tables, [table]: letters.replace(letter, '') };
          const what = `${letter} on ${table}`;
          expect([what, (await refusal(text, less)) === null]).toEqual([what, false]);
        }
      }
    });
  });
});

function isStatement(value: unknown): value is AnyStatement {
  return typeof value === 'object' && value !== null && 'text' in value && 'tables' in value && 'name' in value;
}
