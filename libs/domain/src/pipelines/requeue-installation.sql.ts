import { statement } from '../database/statement.js';
import { enqueueSql } from '../queue/enqueue.sql.js';

/** Queues again what waits in projects that can be reached again; what stands in the queue stays. */
export const requeueInstallation = statement<[installationId: number], { laneId: number }>(
  'requeue_installation',
  { job: 's', project: 's', queue_entry: 'si' },
  `WITH runnable AS (
     SELECT j.id AS job_id, j.project_id, j.lane_id, p.rights_epoch
       FROM project p JOIN job j ON j.project_id = p.id
      WHERE p.installation_id = $1 AND p.removed_at IS NULL AND j.status = 'pending' AND NOT j.retried
        AND NOT EXISTS (SELECT 1 FROM queue_entry q WHERE q.job_id = j.id)),
   ${enqueueSql('runnable')}
   SELECT lane_id AS "laneId" FROM queued`,
);
