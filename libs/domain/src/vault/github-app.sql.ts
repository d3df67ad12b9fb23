import { statement } from '../database/statement.js';

export interface GithubAppRow {
  host: string;
  appId: number;
  slug: string;
  clientId: string;
  htmlUrl: string;
}

export const findGithubApp = statement<[host: string], GithubAppRow>(
  'find_github_app',
  { github_app: 's' },
  `SELECT host, app_id AS "appId", slug, client_id AS "clientId", html_url AS "htmlUrl" FROM github_app WHERE host = $1`,
);

/** Names the App of a host; another one takes its place. */
export const putGithubApp = statement<
  [host: string, appId: number, slug: string, clientId: string, htmlUrl: string],
  never
>(
  'put_github_app',
  { github_app: 'siu' },
  `INSERT INTO github_app (host, app_id, slug, client_id, html_url) VALUES ($1, $2, $3, $4, $5)
   ON CONFLICT (host) DO UPDATE
     SET app_id = excluded.app_id, slug = excluded.slug, client_id = excluded.client_id, html_url = excluded.html_url`,
);
