import { statement } from '../database/statement.js';
import { enqueueSql } from './enqueue.sql.js';

/** Back in the queue: the lane in which somebody has to be woken. */
export interface ReturnedJob {
  lane_id: number;
}

const source = `
  source AS (
    SELECT back.job_id, back.project_id, back.lane_id, project.rights_epoch
    FROM back JOIN project ON project.id = back.project_id
    WHERE back.lane_id IS NOT NULL
  ), emptied AS (
    DELETE FROM trace USING back WHERE trace.job_id = back.job_id
  ), dropped AS (
    DELETE FROM trace_chunk USING back WHERE trace_chunk.job_id = back.job_id
  )`;

const undo = `
  UPDATE job SET status = 'pending', runner_id = NULL, runner_manager_id = NULL, token_hash = NULL,
    assigned_at = NULL, started_at = NULL, seen_at = NULL`;

const tables = { job: 'su', project: 's', queue_entry: 'si', trace: 'sd', trace_chunk: 'sd' };

/**
 * Puts one hand-out back, because its answer could not be sent. Does nothing when the runner has
 * acknowledged it after all, or when it is another hand-out by now.
 */
export const returnJob = statement<[jobId: number, handout: number], ReturnedJob>(
  'return_job',
  tables,
  `
  WITH back AS (
    ${undo}
    WHERE job.id = $1 AND job.handout = $2 AND job.status = 'running' AND job.acknowledged_at IS NULL
    RETURNING job.id AS job_id, job.project_id, job.lane_id
  ), ${source}, ${enqueueSql('source')}
  SELECT lane_id FROM queued`,
);

/**
 * Puts hand-outs back that nobody acknowledged in time. The token of the lost hand-out dies with it, so
 * a runner that wakes up later is refused and never starts the job.
 */
export const returnUnacknowledged = statement<[assignedBefore: Date, jobsMax: number], ReturnedJob>(
  'return_unacknowledged',
  tables,
  `
  WITH lost AS (
    SELECT id FROM job
    WHERE status = 'running' AND acknowledged_at IS NULL AND coalesce(seen_at, assigned_at) < $1
    ORDER BY coalesce(seen_at, assigned_at) LIMIT $2
    FOR UPDATE SKIP LOCKED
  ), back AS (
    ${undo}
    FROM lost
    WHERE job.id = lost.id AND job.status = 'running' AND job.acknowledged_at IS NULL
    RETURNING job.id AS job_id, job.project_id, job.lane_id
  ), ${source}, ${enqueueSql('source')}
  SELECT lane_id FROM queued`,
);
