import { statement } from '../database/statement.js';

const changed = `(s.pipeline_id, s.wanted_state, s.wanted_description, s.target_url, s.final)
  IS DISTINCT FROM
  (excluded.pipeline_id, excluded.wanted_state, excluded.wanted_description, excluded.target_url, excluded.final)`;

/**
 * Says what GitHub should show. A new wanted state begins anew: what was refused or postponed before does not hold
 * it back. `due` is true where there is something to send now.
 *
 * No row: another pipeline, or a later moment of this one, has spoken for the commit already. Whoever read first
 * may write last, so the order is that of what was read.
 */
export const wantStatus = statement<
  [
    projectId: number,
    sha: string,
    context: string,
    pipelineId: number,
    pipelineVersion: number,
    pipelineStatus: string,
    installationId: number,
    state: string,
    description: string,
    targetUrl: string,
    final: boolean,
    at: Date,
  ],
  { due: boolean }
>(
  'want_status',
  { commit_status: 'siu' },
  `INSERT INTO commit_status AS s
     (project_id, sha, context, pipeline_id, pipeline_version, pipeline_status, installation_id, wanted_state,
      wanted_description, target_url, final, next_attempt_at, updated_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
   ON CONFLICT (project_id, sha, context) DO UPDATE
      SET pipeline_id = excluded.pipeline_id, pipeline_version = excluded.pipeline_version,
          pipeline_status = excluded.pipeline_status, installation_id = excluded.installation_id,
          wanted_state = excluded.wanted_state, wanted_description = excluded.wanted_description,
          target_url = excluded.target_url, final = excluded.final, updated_at = excluded.updated_at,
          version = s.version + (${changed})::int,
          attempts = CASE WHEN ${changed} THEN 0 ELSE s.attempts END,
          next_attempt_at = CASE WHEN ${changed} THEN excluded.next_attempt_at ELSE s.next_attempt_at END,
          last_error = CASE WHEN ${changed} THEN NULL ELSE s.last_error END,
          refused_at = CASE WHEN ${changed} THEN NULL ELSE s.refused_at END
    WHERE (s.pipeline_id, s.pipeline_version) <= (excluded.pipeline_id, excluded.pipeline_version)
   RETURNING s.sent_version < s.version AND s.refused_at IS NULL AND s.next_attempt_at <= $12 AS due`,
);
