import { statement } from '../database/statement.js';
import { environmentsSql } from './environments.sql.js';
import { enqueueSql } from '../queue/enqueue.sql.js';

/** An event about a pipeline that a statement left in the outbox, to be published after its commit. */
export type PipelineEvent = { readonly id: number; readonly eventId: string } & (
  | { readonly type: 'pipeline.created'; readonly payload: { pipelineId: number; projectId: number } }
  | { readonly type: 'pipeline.changed'; readonly payload: { pipelineId: number; projectId: number; status: string } }
);

/** Such an event, with the lane of each job that was queued. */
export type ToldPipeline = PipelineEvent & { readonly laneIds: readonly number[] };

type Jobs = [
  indexes: readonly number[],
  names: readonly string[],
  stages: readonly string[],
  stageIndexes: readonly number[],
  statuses: readonly string[],
  allowFailures: readonly boolean[],
  laneIds: readonly number[],
  timeoutsS: readonly (number | null)[],
  /** Seconds until a job starts that is scheduled at once. */
  startsInS: readonly (number | null)[],
  resourceGroups: readonly (string | null)[],
  ...Environments,
];
/** Of each job that works on one; all may be left empty. */
type Environments = [
  environments: readonly (string | null)[],
  slugs: readonly (string | null)[],
  tiers: readonly (string | null)[],
  actions: readonly (string | null)[],
  urls: readonly (string | null)[],
  stopsS: readonly (number | null)[],
];
type Parts = [parts: readonly number[], bodies: readonly Buffer[]];

/**
 * Stores a pipeline whole: the delivery's outcome, the pipeline with its number, its attempt, what
 * its jobs are, the jobs, those that may run now in their lanes, and the event. A refused pipeline is
 * the same with no jobs. Nothing is stored (no row) when the delivery has an outcome already: the
 * delivery's row is locked first, so of two writers one finds it settled.
 *
 * One statement, arrays through unnest, job rows narrow, definitions as gzip'd parts: 1000 jobs cost
 * 25 ms so, 440 ms with a jsonb array.
 */
export const insertPipeline = statement<
  [
    pipelineId: number,
    deliveryId: number,
    projectId: number,
    sha: string,
    beforeSha: string,
    ref: string,
    isProtected: boolean,
    status: string,
    failureReason: string | null,
    failureMessage: string | null,
    yamlErrors: string | null,
    name: string | null,
    userId: number | null,
    senderId: number | null,
    senderLogin: string | null,
    commit: string,
    recovered: boolean,
    at: Date,
    ...Parts,
    ...Jobs,
  ],
  ToldPipeline
>(
  'insert_pipeline',
  {
    webhook_delivery: 'su',
    project: 'su',
    pipeline: 'si',
    pipeline_attempt: 'si',
    pipeline_definition: 'si',
    job: 'si',
    environment: 'siu',
    queue_entry: 'si',
    outbox_event: 'si',
  },
  `WITH d AS (
     UPDATE webhook_delivery
        SET state = 'done', reason = NULL, detail = NULL, project_id = $3, resume_at = NULL, done_at = $18
      WHERE id = $2 AND state IN ('received', 'waiting')
      RETURNING id),
   p AS (
     UPDATE project SET last_iid = last_iid + 1 FROM d WHERE project.id = $3
      RETURNING project.id, project.last_iid, project.rights_epoch),
   l AS (
     INSERT INTO pipeline
       (id, iid, project_id, delivery_id, source, sha, before_sha, ref, protected, status, failure_reason,
        failure_message, yaml_errors, name, user_id, sender_id, sender_login, commit, recovered,
        created_at, updated_at, finished_at)
     SELECT $1, p.last_iid, p.id, $2, 'push', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16::jsonb, $17,
            $18, $18, CASE WHEN $8 IN ('success', 'failed', 'canceled', 'skipped') THEN $18 END
       FROM p
     RETURNING id, project_id),
   a AS (INSERT INTO pipeline_attempt (pipeline_id, n, user_id, cause, created_at)
     SELECT l.id, 1, $13, 'push', $18 FROM l RETURNING n),
   f AS (INSERT INTO pipeline_definition (pipeline_id, attempt, part, body)
     SELECT l.id, 1, s.part, s.body FROM l, unnest($19::int[], $20::bytea[]) AS s (part, body) RETURNING part),
   j AS (INSERT INTO job
       (pipeline_id, project_id, attempt, index, name, stage, stage_index, status, allow_failure, lane_id, timeout_s,
        created_at, queued_at, scheduled_at, resource_group, environment, environment_action,
        environment_url, environment_stops_s)
     SELECT l.id, l.project_id, 1, s.index, s.name, s.stage, s.stage_index, s.status, s.allow_failure, s.lane_id,
            s.timeout_s, $18, CASE WHEN s.status = 'pending' THEN $18 END,
            CASE WHEN s.status = 'scheduled' THEN $18 + make_interval(secs => s.starts_in) END, s.resource_group,
            s.environment, s.action, s.url, s.stops_s
       FROM l, unnest($21::int[], $22::text[], $23::text[], $24::int[], $25::text[], $26::boolean[], $27::bigint[],
                      $28::int[], $29::int[], $30::text[], $31::text[], $34::text[], $35::text[],
                      $36::bigint[])
            AS s (index, name, stage, stage_index, status, allow_failure, lane_id, timeout_s, starts_in,
                  resource_group, environment, action, url, stops_s)
      ORDER BY s.index
     RETURNING id, lane_id, status),
   ${environmentsSql('$31', '$32', '$33', '$18')},
   runnable AS (
     SELECT j.id AS job_id, p.id AS project_id, j.lane_id, p.rights_epoch FROM j, p WHERE j.status = 'pending'),
   ${enqueueSql('runnable')},
   -- A pipeline that is born ended, as a refused one, has no later change that would tell of its end.
   e AS (INSERT INTO outbox_event (type, payload)
     SELECT 'pipeline.created', jsonb_build_object('pipelineId', l.id, 'projectId', l.project_id) FROM l
      UNION ALL
     SELECT 'pipeline.changed', jsonb_build_object('pipelineId', l.id, 'projectId', l.project_id, 'status', $8::text)
       FROM l WHERE $8 IN ('success', 'failed', 'canceled', 'skipped')
     RETURNING id, event_id, type, payload)
   SELECT e.id, e.event_id AS "eventId", e.type, e.payload,
          CASE WHEN e.type = 'pipeline.created' THEN coalesce((SELECT array_agg(queued.lane_id) FROM queued), '{}')
               ELSE '{}' END AS "laneIds"
     FROM e ORDER BY e.id`,
);

/**
 * Starts the next attempt at a refused pipeline as another person: the same pipeline, its jobs made
 * now, or refused once more. No row when somebody else was quicker or it is no longer refused.
 */
export const startNextAttempt = statement<
  [
    pipelineId: number,
    attempt: number,
    userId: number,
    status: string,
    failureReason: string | null,
    failureMessage: string | null,
    yamlErrors: string | null,
    name: string | null,
    isProtected: boolean,
    at: Date,
    ...Parts,
    ...Jobs,
  ],
  ToldPipeline
>(
  'start_next_attempt',
  {
    project: 's',
    pipeline: 'su',
    pipeline_attempt: 'si',
    pipeline_definition: 'si',
    job: 'si',
    environment: 'siu',
    queue_entry: 'si',
    outbox_event: 'si',
    audit_event: 'i',
  },
  `WITH l AS (
     UPDATE pipeline
        SET attempt = $2, user_id = $3, status = $4, failure_reason = $5, failure_message = $6, yaml_errors = $7,
            name = $8, protected = $9, updated_at = $10::timestamptz, started_at = NULL, version = version + 1,
            finished_at = CASE WHEN $4 IN ('success', 'failed', 'canceled', 'skipped') THEN $10::timestamptz END
      WHERE id = $1 AND attempt = $2 - 1 AND status = 'failed' AND failure_reason IS NOT NULL
      RETURNING id, project_id),
   x AS (INSERT INTO audit_event (actor_id, action, entity_type, entity_id, details)
     SELECT $3, 'pipeline.retried', 'pipeline', l.id, jsonb_build_object('attempt', $2::int) FROM l),
   a AS (INSERT INTO pipeline_attempt (pipeline_id, n, user_id, cause, created_at)
     SELECT l.id, $2, $3, 'retry', $10::timestamptz FROM l RETURNING n),
   f AS (INSERT INTO pipeline_definition (pipeline_id, attempt, part, body)
     SELECT l.id, $2, s.part, s.body FROM l, unnest($11::int[], $12::bytea[]) AS s (part, body) RETURNING part),
   j AS (INSERT INTO job
       (pipeline_id, project_id, attempt, index, name, stage, stage_index, status, allow_failure, lane_id, timeout_s,
        created_at, queued_at, scheduled_at, resource_group, environment, environment_action,
        environment_url, environment_stops_s)
     SELECT l.id, l.project_id, $2, s.index, s.name, s.stage, s.stage_index, s.status, s.allow_failure, s.lane_id,
            s.timeout_s, $10::timestamptz, CASE WHEN s.status = 'pending' THEN $10::timestamptz END,
            CASE WHEN s.status = 'scheduled' THEN $10::timestamptz + make_interval(secs => s.starts_in) END,
            s.resource_group, s.environment, s.action, s.url, s.stops_s
       FROM l, unnest($13::int[], $14::text[], $15::text[], $16::int[], $17::text[], $18::boolean[], $19::bigint[],
                      $20::int[], $21::int[], $22::text[], $23::text[], $26::text[], $27::text[],
                      $28::bigint[])
            AS s (index, name, stage, stage_index, status, allow_failure, lane_id, timeout_s, starts_in,
                  resource_group, environment, action, url, stops_s)
      ORDER BY s.index
     RETURNING id, lane_id, status),
   ${environmentsSql('$23', '$24', '$25', '$10')},
   runnable AS (
     SELECT j.id AS job_id, p.id AS project_id, j.lane_id, p.rights_epoch
       FROM j, l JOIN project p ON p.id = l.project_id WHERE j.status = 'pending'),
   ${enqueueSql('runnable')},
   e AS (INSERT INTO outbox_event (type, payload)
     SELECT 'pipeline.changed', jsonb_build_object('pipelineId', l.id, 'projectId', l.project_id, 'status', $4::text)
       FROM l
     RETURNING id, event_id, type, payload)
   SELECT e.id, e.event_id AS "eventId", e.type, e.payload,
          coalesce((SELECT array_agg(queued.lane_id) FROM queued), '{}') AS "laneIds"
     FROM e`,
);
