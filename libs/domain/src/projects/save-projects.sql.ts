import { statement } from '../database/statement.js';

/** The events that a statement has left in the outbox, to be published after its commit. */
export interface ToldProject {
  readonly id: number;
  readonly eventId: string;
  readonly type: 'project.changed';
  readonly payload: { projectId: number };
}

/**
 * Makes each repository of an installation a project, or brings one back that had left. The key is
 * GitHub's number: a repository that comes under another name or installation stays the same project.
 */
export const saveProjects = statement<
  [
    host: string,
    installationId: number,
    githubRepositoryIds: readonly number[],
    fullNames: readonly string[],
    privates: readonly boolean[],
  ],
  ToldProject
>(
  'save_projects',
  { project: 'siu', outbox_event: 'si' },
  `WITH p AS (
     INSERT INTO project AS p (host, installation_id, github_repository_id, full_name, private)
     SELECT $1, $2, r.* FROM unnest($3::bigint[], $4::text[], $5::boolean[]) AS r
     ON CONFLICT (host, github_repository_id) DO UPDATE
       SET installation_id = excluded.installation_id, full_name = excluded.full_name, private = excluded.private,
           removed_at = NULL
     RETURNING id)
   INSERT INTO outbox_event (type, payload)
   SELECT 'project.changed', jsonb_build_object('projectId', p.id) FROM p
   RETURNING id, event_id AS "eventId", type, payload`,
);

/**
 * Projects whose installation can no longer reach them. Raising the epoch makes their queue entries
 * void for every claim, and the entries go.
 *
 * @param githubRepositoryIds null: every repository of the installation
 */
export const withdrawProjects = statement<
  [host: string, installationId: number, githubRepositoryIds: readonly number[] | null, at: Date, removed: boolean],
  ToldProject
>(
  'withdraw_projects',
  { project: 'su', queue_entry: 'sd', outbox_event: 'si' },
  `WITH p AS (
     UPDATE project p
        SET rights_epoch = p.rights_epoch + 1,
            removed_at = CASE WHEN $5 THEN coalesce(p.removed_at, $4) ELSE p.removed_at END
      WHERE p.host = $1 AND p.installation_id = $2 AND ($3::bigint[] IS NULL OR p.github_repository_id = ANY ($3))
      RETURNING p.id),
   q AS (DELETE FROM queue_entry q USING p WHERE q.project_id = p.id RETURNING q.job_id)
   INSERT INTO outbox_event (type, payload)
   SELECT 'project.changed', jsonb_build_object('projectId', p.id) FROM p
   RETURNING id, event_id AS "eventId", type, payload`,
);

/** What GitHub says of one repository by its number: its name, default branch and whether it is archived. */
export const describeProject = statement<
  [
    host: string,
    githubRepositoryId: number,
    fullName: string,
    defaultBranch: string | null,
    isPrivate: boolean,
    archived: boolean | null,
  ],
  ToldProject
>(
  'describe_project',
  { project: 'su', outbox_event: 'si' },
  `WITH p AS (
     UPDATE project
        SET full_name = $3, default_branch = coalesce($4, default_branch), private = $5, archived = coalesce($6, archived)
      WHERE host = $1 AND github_repository_id = $2
        AND (full_name, default_branch, private, archived)
            IS DISTINCT FROM ($3, coalesce($4, default_branch), $5, coalesce($6, archived))
      RETURNING id)
   INSERT INTO outbox_event (type, payload)
   SELECT 'project.changed', jsonb_build_object('projectId', p.id) FROM p
   RETURNING id, event_id AS "eventId", type, payload`,
);

/** Tells that all projects of an installation are to be looked at again: it can be reached once more. */
export const tellProjects = statement<[installationId: number], ToldProject>(
  'tell_projects',
  { project: 's', outbox_event: 'si' },
  `INSERT INTO outbox_event (type, payload)
   SELECT 'project.changed', jsonb_build_object('projectId', id) FROM project
    WHERE installation_id = $1 AND removed_at IS NULL
   RETURNING id, event_id AS "eventId", type, payload`,
);
