import { statement } from '../database/statement.js';

/** How long the stored log is; no row when there is none yet. */
export const traceSize = statement<[jobId: number], { size: number }>(
  'trace_size',
  { trace: 's' },
  'SELECT size FROM trace WHERE job_id = $1',
);

/** Empties the log of a hand-out that runs, because the runner will send it anew from the start. */
export const resetTrace = statement<[jobId: number, tokenHash: Buffer], never>(
  'reset_trace',
  { job: 's', trace: 'su', trace_chunk: 'sd' },
  `
  WITH held AS (
    SELECT id FROM job WHERE id = $1 AND token_hash = $2 AND status IN ('running', 'canceling')
  ), emptied AS (
    UPDATE trace SET size = 0 FROM held WHERE trace.job_id = held.id AND trace.object_key IS NULL
  )
  DELETE FROM trace_chunk USING held WHERE trace_chunk.job_id = held.id`,
);
