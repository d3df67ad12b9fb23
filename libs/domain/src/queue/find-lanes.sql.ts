import { statement } from '../database/statement.js';

export interface WantedLane {
  /** Place in the request, from 1. */
  place: number;
  scope: string;
  /** Null when nobody has queued there yet. */
  lane_id: number | null;
}

/**
 * The lane of each wanted (project, protected, sorted tags joined by commas). A job's scope is the narrowest that has runners of
 * its own: the project, the owner on GitHub, else the instance. Instance runners fit every scope, so a
 * job waits in one lane alone, and an instance without special runners has a handful of lanes.
 */
export const findLanes = statement<
  [projectIds: readonly number[], areProtected: readonly boolean[], tags: readonly string[]],
  WantedLane
>(
  'find_lanes',
  { project: 's', installation: 's', runner: 's', runner_project: 's', lane: 's' },
  `
  WITH wanted AS (
    SELECT asked.place, asked.protected, string_to_array(asked.tags, ',') AS tags,
      CASE
        WHEN EXISTS (SELECT FROM runner WHERE runner.project_id = asked.project_id)
          OR EXISTS (SELECT FROM runner_project WHERE runner_project.project_id = asked.project_id) THEN 'project:' || asked.project_id
        WHEN EXISTS (
          SELECT FROM project
          JOIN installation ON installation.id = project.installation_id
          JOIN runner ON runner.owner_key = installation.host || '/' || installation.account_id
          WHERE project.id = asked.project_id
        ) THEN (
          SELECT 'owner:' || installation.host || '/' || installation.account_id
          FROM project JOIN installation ON installation.id = project.installation_id
          WHERE project.id = asked.project_id
        )
        ELSE 'instance'
      END AS scope
    FROM unnest($1::bigint[], $2::boolean[], $3::text[]) WITH ORDINALITY AS asked (project_id, protected, tags, place)
  )
  SELECT wanted.place, wanted.scope, lane.id AS lane_id
  FROM wanted
  LEFT JOIN lane ON lane.scope = wanted.scope AND lane.protected = wanted.protected AND lane.tags = wanted.tags
  ORDER BY wanted.place`,
);
