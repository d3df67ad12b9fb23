import { statement } from '../database/statement.js';
import type { LeaseKind } from '../vault/leases.sql.js';

export interface ClaimedJob {
  /** False: the entry was taken out of the queue, but nobody may run the job any more. Claim again. */
  given: boolean;
  job_id: number;
  /** Where it stood in the queue. */
  lane_id: number;
  rank: number;
  pipeline_id: number;
  project_id: number;
  attempt: number;
  index: number;
  handout: number;
  stage_index: number;
  queued_at: Date | null;
  /** The job's own timeout in seconds; null where it has none. */
  timeout_s: number | null;
  /** Whose rights the job uses. */
  user_id: number | null;
  user_login: string | null;
  user_name: string | null;
  outbox_id: number;
  event_id: string;
  event_type: string;
  /** As it was before the claim. */
  pipeline_status: string;
  pipeline_iid: number;
  source: string;
  sha: string;
  before_sha: string;
  ref: string;
  tag: boolean;
  protected: boolean;
  host: string;
  full_name: string;
  default_branch: string | null;
  /** gzip'd JSON of the 32 job definitions that this job's is among. */
  definition: Buffer;
  /** The pipeline's clone lease that lives longest, or nulls. */
  lease_id: number | null;
  lease_kind: LeaseKind | null;
  lease_host: string | null;
  lease_installation_id: number | null;
  lease_sealed: Buffer | null;
  lease_issued_at: Date | null;
  lease_expires_at: Date | null;
}

/**
 * Gives one job to a runner: one statement, one commit.
 *
 * The head of each fitting lane, locked and skipping locked ones, then the lowest rank of those. Measured
 * against `lane_id = ANY (…) ORDER BY rank LIMIT 1`, which is a thousand times slower with a million
 * unmatched entries in front. The runner is checked again here, since it may have waited for a minute;
 * so is the epoch of the project's rights, since they may have been lost while the entry waited.
 *
 * Rows are found by scalar subqueries, not by joins: joined to what the planner takes for one row, a queue
 * that was empty when the plan was made is read as a whole for each claim (350 ms behind 200,000 entries).
 *
 * Every hand-out has a token and a number of its own: a runner that wakes up late holds neither.
 */
export const claimJob = statement<
  [
    runnerId: number,
    runnerTokenHash: Buffer,
    runnerVersion: number,
    laneIds: readonly number[],
    managerId: number,
    jobTokenHash: Buffer,
    /** False for runners that never acknowledge: theirs count as acknowledged at once. */
    acknowledges: boolean,
    now: Date,
    /** For each lane the rank to begin at; see LaneMarks. */
    fromRanks: readonly number[],
  ],
  ClaimedJob
>(
  'claim_job',
  {
    runner: 's',
    queue_entry: 'sud',
    job: 'su',
    project: 's',
    pipeline: 's',
    pipeline_definition: 's',
    user_account: 's',
    token_lease: 's',
    identity: 's',
    outbox_event: 'si',
  },
  `
  WITH me AS (
    SELECT id FROM runner
    WHERE id = $1 AND token_hash = $2 AND version = $3 AND NOT paused
      AND (token_expires_at IS NULL OR token_expires_at > $8)
  ), head AS (
    SELECT first.job_id
    FROM me
    CROSS JOIN unnest($4::bigint[], $9::bigint[]) AS wanted (lane_id, from_rank)
    CROSS JOIN LATERAL (
      SELECT entry.job_id, entry.rank FROM queue_entry AS entry
      WHERE entry.lane_id = wanted.lane_id AND entry.rank >= wanted.from_rank
      ORDER BY entry.rank LIMIT 1
      FOR UPDATE SKIP LOCKED
    ) AS first
    ORDER BY first.rank, first.job_id
    LIMIT 1
  ), taken AS (
    DELETE FROM queue_entry AS entry
    WHERE entry.job_id = (SELECT head.job_id FROM head)
    RETURNING entry.job_id, entry.project_id, entry.rights_epoch, entry.lane_id, entry.rank
  ), given AS (
    UPDATE job SET status = 'running', runner_id = $1, runner_manager_id = $5, token_hash = $6,
      handout = job.handout + 1, assigned_at = $8, started_at = $8, seen_at = NULL,
      acknowledged_at = CASE WHEN $7 THEN NULL ELSE $8::timestamptz END
    FROM taken
    WHERE job.id = (SELECT taken.job_id FROM taken) AND job.status = 'pending'
      AND (SELECT project.rights_epoch FROM project
        WHERE project.id = taken.project_id AND project.removed_at IS NULL) = taken.rights_epoch
    RETURNING job.id, job.pipeline_id, job.attempt, job.index, job.handout, job.stage_index, job.queued_at,
      job.timeout_s, job.user_id
  ), told AS (
    INSERT INTO outbox_event (type, payload)
    SELECT
      CASE WHEN given.id IS NULL THEN 'project.changed' ELSE 'job.started' END,
      CASE WHEN given.id IS NULL THEN jsonb_build_object('projectId', taken.project_id)
        ELSE jsonb_build_object('jobId', given.id, 'pipelineId', given.pipeline_id, 'pipelineStatus',
          (SELECT pipeline.status FROM pipeline WHERE pipeline.id = given.pipeline_id)) END
    FROM taken LEFT JOIN given ON true
    RETURNING id, event_id, type
  )
  SELECT given.id IS NOT NULL AS given, taken.job_id, taken.lane_id, taken.rank, taken.project_id, given.pipeline_id, given.attempt,
    given.index, given.handout, given.stage_index, given.queued_at, given.timeout_s,
    coalesce(given.user_id, pipeline.user_id) AS user_id, person.username AS user_login, person.name AS user_name,
    told.id AS outbox_id, told.event_id, told.type AS event_type,
    pipeline.status AS pipeline_status, pipeline.iid AS pipeline_iid, pipeline.source, pipeline.sha, pipeline.before_sha, pipeline.ref, pipeline.tag,
    pipeline.protected, project.host, project.full_name, project.default_branch, definition.body AS definition,
    lease.id AS lease_id, lease.kind AS lease_kind, lease.host AS lease_host,
    lease.installation_id AS lease_installation_id, lease.sealed AS lease_sealed,
    lease.issued_at AS lease_issued_at, lease.expires_at AS lease_expires_at
  FROM taken
  CROSS JOIN told
  JOIN project ON project.id = taken.project_id
  LEFT JOIN given ON true
  LEFT JOIN pipeline ON pipeline.id = given.pipeline_id
  LEFT JOIN user_account AS person ON person.id = coalesce(given.user_id, pipeline.user_id)
  LEFT JOIN pipeline_definition AS definition ON definition.pipeline_id = given.pipeline_id
    AND definition.attempt = given.attempt AND definition.part = 1 + given.index / 32
  LEFT JOIN LATERAL (
    SELECT token_lease.* FROM token_lease
    WHERE token_lease.pipeline_id = given.pipeline_id AND token_lease.project_id = taken.project_id
      AND purpose = 'clone' AND retired_at IS NULL
      AND (kind = 'installation' OR identity_id IN (SELECT identity.id FROM identity
        WHERE identity.user_id = coalesce(given.user_id, pipeline.user_id)))
    ORDER BY expires_at DESC LIMIT 1
  ) AS lease ON true`,
);
