import { statement } from '../database/statement.js';

/** How long the logs of some jobs are now. */
export const traceSizes = statement<[jobIds: readonly number[]], { jobId: number; size: number }>(
  'trace_sizes',
  { trace: 's' },
  `SELECT job_id AS "jobId", size FROM trace WHERE job_id = ANY ($1::bigint[])`,
);
