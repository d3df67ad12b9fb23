import { statement } from '../database/statement.js';
import type { PipelineEvent } from './insert-pipeline.sql.js';

/**
 * A pipeline with a running job is running, whatever its other jobs are: the one move that needs
 * neither lock nor graph. No row when it was running already or the job is not.
 */
export const noteJobStarted = statement<[pipelineId: number, jobId: number, at: Date], PipelineEvent>(
  'note_job_started',
  { pipeline: 'su', job: 's', outbox_event: 'si' },
  `WITH l AS (
     UPDATE pipeline
        SET status = 'running', updated_at = $3, started_at = coalesce(started_at, $3),
            version = version + 1
      WHERE id = $1 AND status IN ('created', 'pending')
        AND EXISTS (SELECT 1 FROM job WHERE id = $2 AND pipeline_id = $1 AND status = 'running' AND NOT retried)
      RETURNING id, project_id)
   INSERT INTO outbox_event (type, payload)
   SELECT 'pipeline.changed', jsonb_build_object('pipelineId', l.id, 'projectId', l.project_id, 'status', 'running')
     FROM l
   RETURNING id, event_id AS "eventId", type, payload`,
);
