import { statement } from '../database/statement.js';

/** The repository that a token is for, and through which installation. */
export interface LeaseTarget {
  host: string;
  projectId: number;
  repositoryId: number;
  fullName: string;
  private: boolean;
  cloneWith: 'person' | 'installation';
  installationId: number;
  githubInstallationId: number;
  accountId: number;
  suspended: boolean;
  /** The App was taken off the account, or the repository out of the installation. */
  gone: boolean;
}

const target = `p.host, p.id AS "projectId", p.github_repository_id AS "repositoryId", p.full_name AS "fullName", p.private,
          p.clone_with AS "cloneWith", i.id AS "installationId", i.github_installation_id AS "githubInstallationId",
          i.account_id AS "accountId", i.suspended_at IS NOT NULL AS suspended,
          i.deleted_at IS NOT NULL OR p.removed_at IS NOT NULL AS gone`;

export const findLeaseTarget = statement<[projectId: number], LeaseTarget>(
  'find_lease_target',
  { project: 's', installation: 's' },
  `SELECT ${target}
   FROM project p JOIN installation i ON i.id = p.installation_id
   WHERE p.id = $1`,
);

/** The person whose chain a clone token hangs on. */
export interface LeasePerson {
  identityId: number;
  githubUserId: number;
  login: string;
  state: 'linked' | 'needs_reauth' | 'revoked';
  termsAccepted: boolean;
  blocked: boolean;
}

export const findLeasePerson = statement<[userId: number, host: string], LeasePerson>(
  'find_lease_person',
  { identity: 's', user_account: 's', acceptance: 's', terms_version: 's' },
  `SELECT i.id AS "identityId", i.github_user_id AS "githubUserId", i.login, i.state, u.state = 'blocked' AS blocked,
          EXISTS (
            SELECT 1 FROM acceptance a
            WHERE a.user_id = u.id AND a.version = (SELECT max(version) FROM terms_version)
          ) AS "termsAccepted"
   FROM identity i JOIN user_account u ON u.id = i.user_id
   WHERE i.user_id = $1 AND i.host = $2`,
);

/** The repository of a clone token together with the person whose chain it hangs on. */
export const findCloneTarget = statement<
  [projectId: number, userId: number],
  LeaseTarget & { person: LeasePerson | null }
>(
  'find_clone_target',
  { project: 's', installation: 's', identity: 's', user_account: 's', acceptance: 's', terms_version: 's' },
  `SELECT ${target},
          (SELECT jsonb_build_object('identityId', n.id, 'githubUserId', n.github_user_id, 'login', n.login,
                    'state', n.state, 'blocked', u.state = 'blocked',
                    'termsAccepted', EXISTS (SELECT 1 FROM acceptance a
                      WHERE a.user_id = u.id AND a.version = (SELECT max(version) FROM terms_version)))
             FROM identity n JOIN user_account u ON u.id = n.user_id
            WHERE n.user_id = $2 AND n.host = p.host) AS person
   FROM project p JOIN installation i ON i.id = p.installation_id
   WHERE p.id = $1`,
);
