import { statement } from '../database/statement.js';
import { enqueueSql } from '../queue/enqueue.sql.js';

/** Queues again what waits in a project that can be reached again; what stands in the queue stays. */
export const requeueProject = statement<[projectId: number], { laneId: number }>(
  'requeue_project',
  { job: 's', pipeline: 's', project: 's', queue_entry: 'si' },
  `WITH runnable AS (
     SELECT j.id AS job_id, j.project_id, j.lane_id, p.rights_epoch
       FROM project p JOIN pipeline l ON l.project_id = p.id JOIN job j ON j.pipeline_id = l.id
      WHERE p.id = $1 AND p.removed_at IS NULL
        AND l.status IN ('created', 'waiting_for_resource', 'preparing', 'pending', 'running', 'canceling', 'scheduled')
        AND j.status = 'pending' AND NOT j.retried
        AND NOT EXISTS (SELECT 1 FROM queue_entry q WHERE q.job_id = j.id)),
   ${enqueueSql('runnable')}
   SELECT lane_id AS "laneId" FROM queued`,
);

/** Whether GitHub lets the App into a project's repository, and what of it is still to come to an end. */
export const projectReach = statement<
  [projectId: number],
  { reachable: boolean; gone: boolean; livePipelines: readonly number[] }
>(
  'project_reach',
  { project: 's', installation: 's', pipeline: 's' },
  `SELECT p.removed_at IS NULL AND i.deleted_at IS NULL AND i.suspended_at IS NULL AS reachable,
          p.removed_at IS NOT NULL OR i.deleted_at IS NOT NULL AS gone,
          coalesce((SELECT array_agg(l.id ORDER BY l.id) FROM pipeline l
                     WHERE l.project_id = p.id AND l.status IN
                       ('created', 'waiting_for_resource', 'preparing', 'pending', 'running', 'canceling', 'scheduled',
                        'manual')),
                   '{}') AS "livePipelines"
     FROM project p JOIN installation i ON i.id = p.installation_id
    WHERE p.id = $1`,
);
