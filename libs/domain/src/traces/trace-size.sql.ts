import { statement } from '../database/statement.js';

export interface TraceHead {
  /** Bytes taken in: the next offset. */
  size: number;
  /** CRC-32 of them as they were sent. */
  crc: number;
  shown_context: Buffer | null;
  /** gzip'd */
  tail: Buffer | null;
}

/** Where a log goes on, and what of its end may be the beginning of a secret; no row when there is none yet. */
export const traceHead = statement<[jobId: number], TraceHead>(
  'trace_head',
  { trace: 's' },
  'SELECT size, crc, shown_context, tail FROM trace WHERE job_id = $1',
);

/** Empties the log of a hand-out that runs, because the runner will send it anew from the start. */
export const resetTrace = statement<[jobId: number, tokenHash: Buffer], never>(
  'reset_trace',
  { job: 's', trace: 'su', trace_chunk: 'sd' },
  `
  WITH held AS (
    SELECT id FROM job WHERE id = $1 AND token_hash = $2 AND status IN ('running', 'canceling')
  ), emptied AS (
    UPDATE trace SET size = 0, crc = 0, shown_context = NULL, tail = NULL, tail_length = 0
    FROM held WHERE trace.job_id = held.id AND trace.object_key IS NULL
  )
  DELETE FROM trace_chunk USING held WHERE trace_chunk.job_id = held.id`,
);

/** Shows the end of a log that was kept from view, now that nothing comes any more. */
export const showTail = statement<[jobId: number], never>(
  'show_tail',
  { trace: 'su', trace_chunk: 'i' },
  `
  WITH ended AS (
    SELECT job_id, size - tail_length AS "offset", tail_length, tail FROM trace
    WHERE job_id = $1 AND tail_length > 0 AND object_key IS NULL
    FOR UPDATE
  ), shown AS (
    UPDATE trace SET tail = NULL, tail_length = 0, shown_context = NULL FROM ended WHERE trace.job_id = ended.job_id
  )
  INSERT INTO trace_chunk (job_id, "offset", length, body)
  SELECT job_id, "offset", tail_length, tail FROM ended
  ON CONFLICT DO NOTHING`,
);
