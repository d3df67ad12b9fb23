import { statement } from '../database/statement.js';

export interface NeighbourProject {
  readonly projectId: number;
  readonly fullName: string;
  readonly private: boolean;
}

/**
 * A project by its name, in any case, as long as the same installation reaches it now. A name that was
 * taken over by another repository before the news came means the repository that was told of last.
 */
export const findNeighbourProject = statement<
  [host: string, githubInstallationId: number, fullName: string],
  NeighbourProject
>(
  'find_neighbour_project',
  { project: 's', installation: 's' },
  `SELECT p.id AS "projectId", p.full_name AS "fullName", p.private
     FROM project p JOIN installation i ON i.id = p.installation_id
    WHERE p.host = $1 AND i.github_installation_id = $2 AND lower(p.full_name) = lower($3)
      AND p.removed_at IS NULL AND i.suspended_at IS NULL AND i.deleted_at IS NULL
    ORDER BY p.id DESC
    LIMIT 1`,
);
