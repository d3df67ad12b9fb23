import { statement } from '../database/statement.js';

/**
 * Locks the row of the context on a pipeline's commit until the transaction ends, making it where there is none.
 * What the next statement reads of the pipeline is then at least as new as what any other writer of this row read.
 */
export const lockCommitStatus = statement<[pipelineId: number], { id: number }>(
  'lock_commit_status',
  { commit_status: 'siu', pipeline: 's', project: 's' },
  `INSERT INTO commit_status AS s
     (project_id, installation_id, sha, context, pipeline_id, version, wanted_state, wanted_description, target_url)
   SELECT p.project_id, r.installation_id, p.sha, r.status_context, p.id, 0, 'pending', '', ''
     FROM pipeline p JOIN project r ON r.id = p.project_id
    WHERE p.id = $1
   ON CONFLICT (project_id, sha, context) DO UPDATE SET version = s.version
   RETURNING id`,
);
