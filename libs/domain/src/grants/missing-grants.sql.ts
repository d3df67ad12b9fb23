import { statement } from '../database/statement.js';

interface MissingGrant {
  readonly table: string;
  readonly privilege: string;
}

/** Which of the given privileges whoever is connected does not have. */
export const missingGrants = statement<[tables: readonly string[], privileges: readonly string[]], MissingGrant>(
  'missing_grants',
  {},
  `SELECT needed.name AS "table", needed.privilege
     FROM unnest($1::text[], $2::text[]) AS needed (name, privilege)
    WHERE to_regclass(needed.name) IS NULL OR NOT has_table_privilege(to_regclass(needed.name), needed.privilege)
    ORDER BY 1, 2`,
);
