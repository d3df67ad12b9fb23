import { statement } from '../database/statement.js';

/** A project as an address names it. */
export interface ProjectRefRow {
  projectId: number;
  fullName: string;
}

/** By our own number, or by GitHub's `owner/name` in any case; of two hosts the older project wins. */
export const findProjectRef = statement<[id: number | null, fullName: string | null], ProjectRefRow>(
  'find_project_ref',
  { project: 's' },
  `SELECT id AS "projectId", full_name AS "fullName" FROM project
   WHERE id = $1 OR lower(full_name) = lower($2) ORDER BY removed_at IS NOT NULL, id LIMIT 1`,
);
