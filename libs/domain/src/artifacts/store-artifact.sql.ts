import { statement } from '../database/statement.js';

export interface StoredArtifact {
  id: number;
  /** The object that this one replaces; nothing names it any more. */
  replaced_key: string | null;
}

/** Records an uploaded file, in place of an earlier one of its type. No row: the job does not run. */
export const storeArtifact = statement<
  [
    jobId: number,
    tokenHash: Buffer,
    fileType: string,
    fileFormat: string,
    filename: string,
    size: number,
    sha256: Buffer,
    objectKey: string,
    expireAt: Date | null,
    now: Date,
  ],
  StoredArtifact
>(
  'store_artifact',
  { job: 's', artifact: 'siu' },
  `
  WITH held AS (
    SELECT id, project_id FROM job
    WHERE id = $1 AND token_hash = $2 AND status IN ('running', 'canceling')
  ), earlier AS (
    SELECT artifact.object_key FROM artifact JOIN held ON held.id = artifact.job_id WHERE artifact.file_type = $3
    FOR UPDATE OF artifact -- read before the row is replaced: "kept" takes from it
  ), kept AS (
    INSERT INTO artifact (job_id, project_id, file_type, file_format, filename, size, sha256, object_key, expire_at,
      created_at)
    SELECT held.id, held.project_id, $3, $4, $5, $6, $7, $8, $9, $10 FROM held LEFT JOIN earlier ON true
    ON CONFLICT (job_id, file_type) DO UPDATE SET file_format = excluded.file_format, filename = excluded.filename,
      size = excluded.size, sha256 = excluded.sha256, object_key = excluded.object_key,
      expire_at = excluded.expire_at, created_at = excluded.created_at
    RETURNING id
  )
  SELECT kept.id, (SELECT object_key FROM earlier) AS replaced_key FROM kept`,
);
