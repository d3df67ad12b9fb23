import { statement } from '../database/statement.js';

/** Forgets artifacts whose time is over; the objects that are named by nothing any more are returned. */
export const dropExpiredArtifacts = statement<[now: Date, artifactsMax: number], { object_key: string }>(
  'drop_expired_artifacts',
  { artifact: 'sud' },
  `
  DELETE FROM artifact WHERE id IN (
    SELECT id FROM artifact WHERE expire_at < $1 ORDER BY expire_at LIMIT $2 FOR UPDATE SKIP LOCKED
  )
  RETURNING object_key`,
);
