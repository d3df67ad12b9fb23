import { statement } from '../database/statement.js';
import type { TraceMember } from './trace.entity.js';

export interface TracePart {
  size: number;
  /** Set once the log lies in the object store; there are no chunks then. */
  object_key: string | null;
  /** Of a log in the object store; null for one that was put there before they were noted. */
  members: readonly TraceMember[] | null;
  updated_at: Date;
  offset: number | null;
  length: number | null;
  /** gzip'd */
  body: Buffer | null;
}

/** A log with its pieces from the one that holds byte `from` on; no row when there is no log yet. */
export const readTrace = statement<[jobId: number, from: number, chunksMax: number], TracePart>(
  'read_trace',
  { trace: 's', trace_chunk: 's' },
  `
  SELECT trace.size, trace.object_key, trace.members, trace.updated_at, chunk."offset", chunk.length, chunk.body
  FROM trace
  LEFT JOIN LATERAL (
    SELECT "offset", length, body FROM trace_chunk
    WHERE trace_chunk.job_id = trace.job_id AND "offset" + length > $2
    ORDER BY "offset" LIMIT $3
  ) AS chunk ON true
  WHERE trace.job_id = $1
  ORDER BY chunk."offset"`,
);
