import { statement } from '../database/statement.js';

/** Makes lanes that are missing; two processes may do so at once. */
export const internLanes = statement<
  [scopes: readonly string[], areProtected: readonly boolean[], tags: readonly string[]],
  never
>(
  'intern_lanes',
  { lane: 'i' },
  `
  INSERT INTO lane (scope, protected, tags)
  SELECT asked.scope, asked.protected, string_to_array(asked.tags, ',')
  FROM unnest($1::text[], $2::boolean[], $3::text[]) AS asked (scope, protected, tags)
  ON CONFLICT (scope, protected, tags) DO NOTHING`,
);
