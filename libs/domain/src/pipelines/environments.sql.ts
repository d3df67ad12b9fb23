import { statement } from '../database/statement.js';

/**
 * The part of a statement that makes environments known which jobs of a new pipeline name: CTE text without a comma
 * before or after. A tier is that of the last job that said one. Needs the pipeline's row as `l`.
 *
 * @param names the parameter that holds the name for each job, null for none; the others likewise
 */
export function environmentsSql(names: string, slugs: string, tiers: string, now: string): string {
  return `known_environments AS (
     INSERT INTO environment (project_id, name, slug, tier, created_at, updated_at)
     SELECT DISTINCT ON (s.name) l.project_id, s.name, s.slug, s.tier, ${now}::timestamptz, ${now}::timestamptz
       FROM l, unnest(${names}::text[], ${slugs}::text[], ${tiers}::text[]) WITH ORDINALITY AS s (name, slug, tier, place)
      WHERE s.name IS NOT NULL
      ORDER BY s.name, s.place DESC
     ON CONFLICT (project_id, name) DO UPDATE SET tier = excluded.tier, updated_at = excluded.updated_at)`;
}

/** The number of an environment, for a job that works on it. */
export const environmentId = statement<[projectId: number, name: string], { id: number }>(
  'environment_id',
  { environment: 's' },
  'SELECT id FROM environment WHERE project_id = $1 AND name = $2',
);

export interface LastDeployment {
  name: string;
  jobId: number;
  action: string;
  url: string | null;
  finishedAt: Date;
}

/** Stops an environment that no job stops. */
export const stopEnvironment = statement<[id: number, now: Date], { id: number }>(
  'stop_environment',
  { environment: 'su' },
  'UPDATE environment SET stopped_at = $2, updated_at = $2 WHERE id = $1 RETURNING id',
);

/** Of each of some environments the last job that ended well and deployed to it or stopped it. */
export const lastDeployments = statement<[projectId: number, names: readonly string[]], LastDeployment>(
  'last_deployments',
  { job: 's' },
  `SELECT wanted.name, last.id AS "jobId", last.environment_action AS action, last.environment_url AS url,
          last.finished_at AS "finishedAt"
     FROM unnest($2::text[]) AS wanted (name)
    CROSS JOIN LATERAL (
      SELECT id, environment_action, environment_url, finished_at FROM job
       WHERE project_id = $1 AND environment = wanted.name AND status = 'success'
         AND environment_action IN ('start', 'stop')
       ORDER BY finished_at DESC, id DESC LIMIT 1) AS last`,
);

/**
 * Environments whose last deployment said how long they stay, and that long ago, with whose rights it had. One that
 * a person stopped since is none.
 */
export const environmentsToStop = statement<
  [now: Date, limit: number],
  { id: number; projectId: number; name: string; userId: number }
>(
  'environments_to_stop',
  { environment: 's', job: 's', pipeline: 's' },
  `SELECT e.id, e.project_id AS "projectId", e.name, coalesce(last.user_id, p.user_id) AS "userId"
     FROM environment e
    CROSS JOIN LATERAL (
      SELECT pipeline_id, user_id, environment_action, environment_stops_s, finished_at FROM job
       WHERE project_id = e.project_id AND environment = e.name AND status = 'success'
         AND environment_action IN ('start', 'stop')
       ORDER BY finished_at DESC, id DESC LIMIT 1) AS last
     JOIN pipeline p ON p.id = last.pipeline_id
    WHERE (e.project_id, e.name) IN (
            SELECT project_id, environment FROM job WHERE environment_stops_s IS NOT NULL AND status = 'success')
      AND last.environment_action = 'start'
      AND last.finished_at + last.environment_stops_s * interval '1 second' <= $1
      AND (e.stopped_at IS NULL OR e.stopped_at < last.finished_at)
      AND coalesce(last.user_id, p.user_id) IS NOT NULL
    ORDER BY e.id LIMIT $2`,
);
