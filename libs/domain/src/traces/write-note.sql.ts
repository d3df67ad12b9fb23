import { statement } from '../database/statement.js';

/** Begins a log with words of the server; does nothing when there is a log already. */
export const writeNote = statement<[jobId: number, length: number, body: Buffer, now: Date], never>(
  'write_note',
  { trace: 'siu', trace_chunk: 'i' },
  `
  WITH begun AS (
    INSERT INTO trace (job_id, size, updated_at) VALUES ($1, $2, $4)
    ON CONFLICT (job_id) DO UPDATE SET size = excluded.size, updated_at = excluded.updated_at WHERE trace.size = 0
    RETURNING job_id
  )
  INSERT INTO trace_chunk (job_id, "offset", length, body) SELECT begun.job_id, 0, $2, $3 FROM begun`,
);
