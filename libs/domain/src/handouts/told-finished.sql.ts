/**
 * The CTE `told`: the event of each job that the CTE `done` has ended, with the columns id, event_id and job_id.
 * `done` has the columns id, pipeline_id and status.
 */
export const toldFinished = `told AS (
    INSERT INTO outbox_event (type, payload)
    SELECT 'job.finished', jsonb_build_object('jobId', done.id, 'pipelineId', done.pipeline_id, 'status', done.status)
    FROM done
    RETURNING id, event_id, (payload ->> 'jobId')::bigint AS job_id
  )`;
