import { statement } from '../database/statement.js';

/**
 * Forgets artifacts whose time is over; the objects that are named by nothing any more are returned. Jobs whose
 * archives are gone keep that in mind, for those that depend on them.
 */
export const dropExpiredArtifacts = statement<[now: Date, artifactsMax: number], { object_key: string }>(
  'drop_expired_artifacts',
  { artifact: 'sud', job: 'su' },
  `
  WITH dropped AS (
    DELETE FROM artifact WHERE id IN (
      SELECT id FROM artifact WHERE expire_at < $1 ORDER BY expire_at LIMIT $2 FOR UPDATE SKIP LOCKED
    )
    RETURNING job_id, file_type, object_key
  ), noted AS (
    UPDATE job SET archive_expired = true
    FROM dropped WHERE job.id = dropped.job_id AND dropped.file_type = 'archive'
  )
  SELECT object_key FROM dropped`,
);
