import { statement } from '../database/statement.js';

/** What decides a person's level in a project, but for what GitHub says. */
export interface AccessFacts {
  isAdmin: boolean;
  blocked: boolean;
  membership: number | null;
  /** The person's link on the project's host is alive: GitHub's permission counts. */
  linked: boolean;
  githubRoleCap: number;
  projectExists: boolean;
}

export const accessFacts = statement<[userId: number, projectId: number], AccessFacts>(
  'access_facts',
  { user_account: 's', project: 's', membership: 's', identity: 's', server_setting: 's' },
  `SELECT u.is_admin AS "isAdmin", u.state = 'blocked' AS blocked, m.access_level AS membership,
          coalesce(i.state = 'linked', false) AS linked, c.github_role_cap AS "githubRoleCap",
          p.id IS NOT NULL AS "projectExists"
   FROM user_account u
   CROSS JOIN server_setting c
   LEFT JOIN project p ON p.id = $2
   LEFT JOIN membership m ON m.project_id = p.id AND m.user_id = u.id
   LEFT JOIN identity i ON i.host = p.host AND i.user_id = u.id
   WHERE u.id = $1`,
);
