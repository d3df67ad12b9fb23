import { statement } from '../database/statement.js';

export interface LockedPipeline {
  readonly id: number;
  readonly projectId: number;
  readonly attempt: number;
  readonly status: string;
  readonly failureReason: string | null;
  /** Grows with every move. */
  readonly version: number;
  /** It was ended as a whole, and nobody has set it going again. */
  readonly isCanceled: boolean;
}

/**
 * What the state machine wants to know of one job beside its status: `exit code/try/past/may fail/reason` of a
 * failed one, `due` of a scheduled one whose time has come, else nothing. One text, since most jobs have none.
 *
 * @param now the parameter that holds the moment
 */
function detailSql(now: string): string {
  return `CASE
    WHEN status = 'failed' THEN concat_ws('/', coalesce(exit_code::text, ''), try, is_past::int, allow_failure::int,
                                          translate(coalesce(failure_reason, ''), E'\\n', ' '))
    WHEN status = 'scheduled' AND scheduled_at <= ${now} THEN 'due' ELSE '' END`;
}

/**
 * Locks one pipeline for whoever moves it: one pass at a time. Statuses are read by a statement of
 * their own afterwards, since one that waited for the lock sees the rows of before it.
 */
export const lockPipeline = statement<[pipelineId: number], LockedPipeline>(
  'lock_pipeline',
  { pipeline: 'su' },
  `SELECT id, project_id AS "projectId", attempt, status, failure_reason AS "failureReason", version,
          cancel_requested_at IS NOT NULL AS "isCanceled"
     FROM pipeline WHERE id = $1 FOR NO KEY UPDATE`,
);

/** The latest try of each job of an attempt, in the order of the graph. */
export const readJobStates = statement<
  [pipelineId: number, attempt: number, now: Date],
  { id: number; index: number; status: string; detail: string }
>(
  'read_job_states',
  { job: 's' },
  `SELECT id, index, status, ${detailSql('$3')} AS detail
     FROM job WHERE pipeline_id = $1 AND attempt = $2 AND NOT retried ORDER BY index`,
);

export interface SeenPipeline extends LockedPipeline {
  readonly jobIds: readonly number[];
  readonly indexes: readonly number[];
  /** Comma between them. */
  readonly statuses: string;
  /** As {@link readJobStates} has them; a line break between them. */
  readonly details: string;
  /** Gzip'd JSON with stages and graph; null when it is known or there is none. */
  readonly graph: Buffer | null;
}

/** A pipeline and the latest try of each job as they were at one moment, without a lock. */
export const lookAtPipeline = statement<[pipelineId: number, graphKnownOfAttempt: number, now: Date], SeenPipeline>(
  'look_at_pipeline',
  { pipeline: 's', job: 's', pipeline_definition: 's' },
  `SELECT p.id, p.project_id AS "projectId", p.attempt, p.status, p.failure_reason AS "failureReason", p.version,
          p.cancel_requested_at IS NOT NULL AS "isCanceled", j.*,
          (SELECT d.body FROM pipeline_definition d
            WHERE d.pipeline_id = p.id AND d.attempt = p.attempt AND d.part = 0 AND p.attempt <> $2) AS graph
     FROM pipeline p
    CROSS JOIN LATERAL (
      SELECT coalesce(array_agg(id ORDER BY index), '{}') AS "jobIds",
             coalesce(array_agg(index ORDER BY index), '{}') AS indexes,
             coalesce(string_agg(status, ',' ORDER BY index), '') AS statuses,
             coalesce(string_agg(${detailSql('$3')}, E'\\n' ORDER BY index), '') AS details
        FROM job WHERE pipeline_id = p.id AND attempt = p.attempt AND NOT retried) j
    WHERE p.id = $1`,
);

/** What never changes of a pipeline's attempt: gzip'd JSON with its stages and graph. */
export const readPipelineGraph = statement<[pipelineId: number, attempt: number], { body: Buffer }>(
  'read_pipeline_graph',
  { pipeline_definition: 's' },
  `SELECT body FROM pipeline_definition WHERE pipeline_id = $1 AND attempt = $2 AND part = 0`,
);
