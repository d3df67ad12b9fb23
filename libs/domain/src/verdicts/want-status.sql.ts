import { statement } from '../database/statement.js';

/**
 * Says what GitHub should show. `changed` is false where it was wanted already. A new wanted state begins anew:
 * what was refused or postponed before does not hold it back.
 */
export const wantStatus = statement<
  [
    statusId: number,
    pipelineId: number,
    installationId: number,
    state: string,
    description: string,
    targetUrl: string,
    final: boolean,
    pipelineStatus: string,
    at: Date,
  ],
  { changed: boolean }
>(
  'want_status',
  { commit_status: 'su' },
  `WITH was AS (
     SELECT id, version = 0 OR (pipeline_id, wanted_state, wanted_description, target_url, final)
                               IS DISTINCT FROM ($2, $4, $5, $6, $7) AS changed
       FROM commit_status WHERE id = $1)
   UPDATE commit_status s
      SET pipeline_id = $2, installation_id = $3, wanted_state = $4, wanted_description = $5, target_url = $6,
          final = $7, pipeline_status = $8, updated_at = $9,
          version = s.version + was.changed::int,
          attempts = CASE WHEN was.changed THEN 0 ELSE s.attempts END,
          next_attempt_at = CASE WHEN was.changed THEN $9 ELSE s.next_attempt_at END,
          last_error = CASE WHEN was.changed THEN NULL ELSE s.last_error END,
          refused_at = CASE WHEN was.changed THEN NULL ELSE s.refused_at END
     FROM was WHERE s.id = was.id
   RETURNING was.changed`,
);
