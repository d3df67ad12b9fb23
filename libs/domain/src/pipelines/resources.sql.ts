import { statement } from '../database/statement.js';
import { enqueueSql } from '../queue/enqueue.sql.js';

/** The keys of the resources that a pipeline's jobs use. */
export const resourcesOf = statement<[pipelineId: number, attempt: number], { projectId: number; key: string }>(
  'resources_of',
  { job: 's' },
  `SELECT DISTINCT project_id AS "projectId", resource_group AS key
     FROM job WHERE pipeline_id = $1 AND attempt = $2 AND resource_group IS NOT NULL`,
);

/** Locks one resource for whoever gives it away, and makes it known at its first use. */
export const lockResource = statement<[projectId: number, key: string], { processMode: string }>(
  'lock_resource',
  { resource_group: 'siu' },
  `INSERT INTO resource_group (project_id, key) VALUES ($1, $2)
   ON CONFLICT (project_id, key) DO UPDATE SET key = excluded.key
   RETURNING process_mode AS "processMode"`,
);

/** In which order jobs get a resource from now on. */
export const setProcessMode = statement<
  [projectId: number, key: string, processMode: string, now: Date],
  { id: number }
>(
  'set_process_mode',
  { resource_group: 'su' },
  `UPDATE resource_group SET process_mode = $3, updated_at = $4 WHERE project_id = $1 AND key = $2 RETURNING id`,
);

/**
 * Gives a free resource to the next job that waits for it, and queues that job. It is free when no job of its is
 * queued or runs; one that is asked to stop holds it until its runner has answered. By mode (`ci-language.md` 6.7):
 * any waiting job; the oldest or newest pipeline's job, for which the others wait although its turn has not
 * come; the newest pipeline's of those that wait. To be run under {@link lockResource}, by a statement of its own,
 * since what it reads must not be older than the lock.
 */
export const grantResource = statement<
  [projectId: number, key: string, processMode: string, now: Date],
  { jobId: number; pipelineId: number; laneId: number | null }
>(
  'grant_resource',
  { job: 'su', project: 's', queue_entry: 'si' },
  `WITH next AS (
     SELECT id, status FROM job
      WHERE project_id = $1 AND resource_group = $2 AND NOT retried
        AND (status = 'waiting_for_resource'
             OR (status IN ('created', 'scheduled') AND $3 IN ('oldest_first', 'newest_first')))
        AND NOT EXISTS (
          SELECT 1 FROM job holder WHERE holder.project_id = $1 AND holder.resource_group = $2
             AND holder.status IN ('pending', 'running', 'canceling'))
      ORDER BY CASE $3 WHEN 'oldest_first' THEN pipeline_id
                       WHEN 'newest_first' THEN -pipeline_id
                       WHEN 'newest_ready_first' THEN -pipeline_id ELSE 0 END,
               status <> 'waiting_for_resource', id
      LIMIT 1),
   given AS (
     UPDATE job SET status = 'pending', queued_at = $4
       FROM next WHERE job.id = next.id AND job.status = 'waiting_for_resource'
     RETURNING job.id, job.pipeline_id, job.project_id, job.lane_id),
   runnable AS (
     SELECT given.id AS job_id, given.project_id, given.lane_id, p.rights_epoch
       FROM given JOIN project p ON p.id = given.project_id),
   ${enqueueSql('runnable')}
   SELECT given.id AS "jobId", given.pipeline_id AS "pipelineId", queued.lane_id AS "laneId"
     FROM given LEFT JOIN queued ON queued.job_id = given.id`,
);

/** Resources that jobs wait for and nobody holds. */
export const freeResources = statement<[limit: number], { projectId: number; key: string }>(
  'free_resources',
  { job: 's' },
  `SELECT DISTINCT w.project_id AS "projectId", w.resource_group AS key
     FROM job w
    WHERE w.status = 'waiting_for_resource' AND w.resource_group IS NOT NULL AND NOT w.retried
      AND NOT EXISTS (
        SELECT 1 FROM job holder WHERE holder.project_id = w.project_id AND holder.resource_group = w.resource_group
           AND holder.status IN ('pending', 'running', 'canceling'))
    LIMIT $1`,
);

/** The jobs of a resource that wait or will, the next one first. */
export const upcomingJobs = statement<[projectId: number, key: string, processMode: string], { id: number }>(
  'upcoming_jobs',
  { job: 's' },
  `SELECT id FROM job
    WHERE project_id = $1 AND resource_group = $2 AND NOT retried
      AND status IN ('waiting_for_resource', 'created', 'scheduled')
    ORDER BY CASE $3 WHEN 'oldest_first' THEN pipeline_id
                     WHEN 'newest_first' THEN -pipeline_id
                     WHEN 'newest_ready_first' THEN -pipeline_id ELSE 0 END,
             status <> 'waiting_for_resource', id
    LIMIT 100`,
);
