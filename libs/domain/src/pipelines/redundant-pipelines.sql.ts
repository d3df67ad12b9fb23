import { statement } from '../database/statement.js';

/**
 * The pipelines that a new one makes redundant, the oldest first: of the same project and branch, older by a week
 * at most, not at their end, and of another commit than the new one and than the newest of the branch
 * (`ci-language.md` 6.8). None where the project does not want it, the new one was refused, or its push came late: it
 * was recovered, or a push that begins where it ended has a pipeline already.
 */
export const redundantPipelines = statement<[pipelineId: number], { id: number }>(
  'redundant_pipelines',
  { pipeline: 's', project: 's' },
  `SELECT old.id
     FROM pipeline new
     JOIN project p ON p.id = new.project_id AND p.auto_cancel
     JOIN pipeline old ON old.project_id = new.project_id AND old.ref = new.ref AND old.tag = new.tag
    WHERE new.id = $1 AND new.failure_reason IS NULL AND NOT new.recovered
      AND NOT EXISTS (SELECT 1 FROM pipeline later
                       WHERE later.project_id = new.project_id AND later.ref = new.ref AND later.id < new.id
                         AND later.before_sha = new.sha)
      AND old.id < new.id AND old.sha <> new.sha AND old.created_at > new.created_at - interval '7 days'
      AND old.status IN ('created', 'waiting_for_resource', 'preparing', 'waiting_for_callback', 'pending', 'running',
                         'manual', 'scheduled')
      AND old.sha <> (SELECT head.sha FROM pipeline head
                       WHERE head.project_id = new.project_id AND head.ref = new.ref ORDER BY head.id DESC LIMIT 1)
    ORDER BY old.id LIMIT 1000`,
);

/** The jobs of a pipeline that have ever been started, by their index. */
export const startedJobs = statement<[pipelineId: number, attempt: number], { index: number }>(
  'started_jobs',
  { job: 's' },
  `SELECT DISTINCT index FROM job
    WHERE pipeline_id = $1 AND attempt = $2 AND status IN ('running', 'success', 'failed') AND started_at IS NOT NULL`,
);

/** Notes which pipeline made this one redundant. */
export const noteAutoCanceled = statement<[pipelineId: number, byPipelineId: number], { id: number }>(
  'note_auto_canceled',
  { pipeline: 'su' },
  `UPDATE pipeline SET auto_canceled_by = $2 WHERE id = $1 AND auto_canceled_by IS NULL RETURNING id`,
);
