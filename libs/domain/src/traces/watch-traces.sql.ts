import { statement } from '../database/statement.js';

/** Notes that somebody reads the logs of these jobs, where they run: their runners shall send more often until then. */
export const watchTraces = statement<[jobIds: readonly number[], until: Date, now: Date], never>(
  'watch_traces',
  { trace: 'siu', job: 's' },
  `
  INSERT INTO trace (job_id, size, watched_until, updated_at)
  SELECT job.id, 0, $2, $3 FROM job WHERE job.id = ANY ($1::bigint[]) AND job.status IN ('running', 'canceling')
  ON CONFLICT (job_id) DO UPDATE SET watched_until = excluded.watched_until
    WHERE trace.watched_until IS NULL OR trace.watched_until < excluded.watched_until`,
);
