import { statement } from '../database/statement.js';

/** Which of GitHub's delivery numbers never arrived here. */
export const unknownGuids = statement<[host: string, guids: readonly string[]], { guid: string }>(
  'unknown_guids',
  { webhook_delivery: 's' },
  `SELECT g.guid FROM unnest($2::text[]) AS g (guid)
    WHERE NOT EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.host = $1 AND d.guid = g.guid)`,
);
