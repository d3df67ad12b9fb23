import { statement } from '../database/statement.js';

/**
 * Takes in what GitHub says of an installation. An event that is older than what is known changes
 * nothing; no row tells that.
 */
export const saveInstallation = statement<
  [
    host: string,
    githubInstallationId: number,
    accountId: number,
    accountLogin: string,
    accountType: string,
    permissions: string,
    repositorySelection: string,
    suspendedAt: Date | null,
    changedAt: Date,
  ],
  { id: number; suspended: boolean }
>(
  'save_installation',
  { installation: 'siu' },
  `INSERT INTO installation AS i
     (host, github_installation_id, account_id, account_login, account_type, permissions, repository_selection,
      suspended_at, changed_at)
   VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9)
   ON CONFLICT (host, github_installation_id) DO UPDATE
     SET account_id = excluded.account_id, account_login = excluded.account_login,
         account_type = excluded.account_type, permissions = excluded.permissions,
         repository_selection = excluded.repository_selection, suspended_at = excluded.suspended_at,
         changed_at = excluded.changed_at
     WHERE i.changed_at IS NULL OR i.changed_at <= excluded.changed_at
   RETURNING id, suspended_at IS NOT NULL AS suspended`,
);

/** The App was uninstalled there. GitHub never brings an installation's number back. */
export const removeInstallation = statement<[host: string, githubInstallationId: number, at: Date], { id: number }>(
  'remove_installation',
  { installation: 'su' },
  `UPDATE installation SET deleted_at = coalesce(deleted_at, $3)
    WHERE host = $1 AND github_installation_id = $2
    RETURNING id`,
);

/** The account got another name. */
export const renameAccount = statement<[host: string, accountId: number, login: string], { id: number }>(
  'rename_account',
  { installation: 'su' },
  `UPDATE installation SET account_login = $3 WHERE host = $1 AND account_id = $2 RETURNING id`,
);

/** The installation as it is known here. */
export const findInstallation = statement<
  [host: string, githubInstallationId: number],
  { id: number; deleted: boolean }
>(
  'find_installation',
  { installation: 's' },
  `SELECT id, deleted_at IS NOT NULL AS deleted FROM installation WHERE host = $1 AND github_installation_id = $2`,
);
