import { statement } from '../database/statement.js';
import { enqueueSql } from '../queue/enqueue.sql.js';
import type { PipelineEvent } from './insert-pipeline.sql.js';

/**
 * Writes what a decision changes: job statuses, the queue, the pipeline's status, and the event if that is
 * another one. Each job moves only from the status that the decision saw; a runner may have taken it in the
 * meantime.
 *
 * No row and no change when the pipeline has been moved since that version. Otherwise one row; `event` is null
 * where nothing is to be told.
 */
export const writeAdvance = statement<
  [
    pipelineId: number,
    status: string,
    at: Date,
    jobIds: readonly number[],
    from: readonly string[],
    to: readonly string[],
    /** The pipeline was ended as a whole, or set going again. */
    mark: 'canceled' | 'resumed' | null,
    version: number,
    /** Of each job in `jobIds`; may be left empty. */
    startsAt: readonly (Date | null)[],
    /** Failed jobs that may fail, as it turned out. */
    forgiven: readonly number[],
  ],
  { event: PipelineEvent | null; laneIds: readonly number[]; moved: number }
>(
  'write_advance',
  { pipeline: 'su', project: 's', job: 'su', queue_entry: 'sid', outbox_event: 'si' },
  `WITH was AS (SELECT id, project_id, status FROM pipeline WHERE id = $1),
   l AS (
     UPDATE pipeline
        SET status = $2, updated_at = $3, version = version + 1,
            cancel_requested_at = CASE $7::text WHEN 'canceled' THEN coalesce(cancel_requested_at, $3)
                                       WHEN 'resumed' THEN NULL ELSE cancel_requested_at END,
            started_at = CASE WHEN started_at IS NULL AND $2 = 'running'
                              AND EXISTS (SELECT 1 FROM job WHERE pipeline_id = $1 AND started_at IS NOT NULL)
                              THEN $3 ELSE started_at END,
            finished_at = CASE WHEN $2 IN ('success', 'failed', 'canceled', 'skipped')
                               THEN coalesce(finished_at, $3) END
      WHERE id = $1 AND version = $8
      RETURNING id),
   j AS (
     UPDATE job
        SET status = c.to_status,
            scheduled_at = CASE WHEN c.to_status = 'scheduled' THEN c.starts_at ELSE job.scheduled_at END,
            queued_at = CASE WHEN c.to_status = 'pending' THEN $3 ELSE job.queued_at END,
            finished_at = CASE WHEN c.to_status IN ('canceled', 'skipped') THEN $3
                               WHEN c.to_status = 'created' THEN NULL ELSE job.finished_at END
       FROM l, unnest($4::bigint[], $5::text[], $6::text[], $9::timestamptz[])
                 AS c (id, from_status, to_status, starts_at)
      WHERE job.id = c.id AND job.status = c.from_status
      RETURNING job.id, job.project_id, job.lane_id, job.status),
   forgiven AS (
     UPDATE job SET allow_failure = true FROM l WHERE job.id = ANY ($10::bigint[]) AND job.status = 'failed'),
   gone AS (
     DELETE FROM queue_entry q USING j WHERE q.job_id = j.id AND j.status = 'canceled' RETURNING q.job_id),
   runnable AS (
     SELECT j.id AS job_id, j.project_id, j.lane_id, p.rights_epoch
       FROM j JOIN project p ON p.id = j.project_id WHERE j.status = 'pending'),
   ${enqueueSql('runnable')},
   e AS (INSERT INTO outbox_event (type, payload)
     SELECT 'pipeline.changed', jsonb_build_object('pipelineId', was.id, 'projectId', was.project_id, 'status', $2::text)
       FROM was JOIN l ON l.id = was.id WHERE was.status <> $2
     RETURNING id, event_id, type, payload)
   SELECT CASE WHEN e.id IS NOT NULL THEN
            jsonb_build_object('id', e.id, 'eventId', e.event_id, 'type', e.type, 'payload', e.payload) END AS event,
          (SELECT count(*)::int FROM j) AS moved,
          coalesce((SELECT array_agg(queued.lane_id) FROM queued), '{}') AS "laneIds"
     FROM l LEFT JOIN e ON true`,
);
