import { statement } from '../database/statement.js';

/** How much of the logs of some jobs can be read now. */
export const traceSizes = statement<[jobIds: readonly number[]], { jobId: number; size: number }>(
  'trace_sizes',
  { trace: 's' },
  `SELECT job_id AS "jobId", size - tail_length AS size FROM trace WHERE job_id = ANY ($1::bigint[])`,
);
