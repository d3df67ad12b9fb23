import { statement } from '../database/statement.js';

export interface PushTarget {
  readonly projectId: number;
  readonly host: string;
  readonly fullName: string;
  readonly defaultBranch: string | null;
  readonly private: boolean;
  readonly enabled: boolean;
  readonly removed: boolean;
  readonly configPath: string;
  readonly cloneWith: 'person' | 'installation';
  readonly githubRepositoryId: number;
  readonly githubInstallationId: number;
  readonly ownerId: number;
  readonly suspended: boolean;
  readonly gone: boolean;
}

export interface NumberedPushTarget extends PushTarget {
  /** Taken from the sequence, so that the pipeline's token can be made before the pipeline is stored. */
  readonly nextPipelineId: number;
}

const columns = `p.id AS "projectId", p.host, p.full_name AS "fullName", p.default_branch AS "defaultBranch", p.private,
          p.enabled, p.removed_at IS NOT NULL AS removed, p.config_path AS "configPath", p.clone_with AS "cloneWith",
          p.github_repository_id AS "githubRepositoryId", i.github_installation_id AS "githubInstallationId",
          i.account_id AS "ownerId", i.suspended_at IS NOT NULL AS suspended, i.deleted_at IS NOT NULL AS gone`;
const rows = `project p JOIN installation i ON i.id = p.installation_id
    WHERE p.host = $1 AND p.github_repository_id = $2`;

/** The project of a repository with its installation. */
export const findPushTarget = statement<[host: string, githubRepositoryId: number], PushTarget>(
  'find_push_target',
  { project: 's', installation: 's' },
  `SELECT ${columns}
     FROM ${rows}`,
);

/** The same for a push, with the number that its pipeline gets. Each call takes one from the sequence. */
export const numberPushTarget = statement<[host: string, githubRepositoryId: number], NumberedPushTarget>(
  'number_push_target',
  { project: 's', installation: 's', pipeline: 'i' },
  `SELECT ${columns}, nextval(pg_get_serial_sequence('pipeline', 'id')) AS "nextPipelineId"
     FROM ${rows}`,
);

/** Whether news about installations are still on their way: a push may overtake them. */
export const installationNewsOpen = statement<[host: string, since: Date], { id: number }>(
  'installation_news_open',
  { webhook_delivery: 's' },
  `SELECT id FROM webhook_delivery
    WHERE host = $1 AND state IN ('received', 'waiting') AND event IN ('installation', 'installation_repositories')
      AND coalesce(resume_at, received_at) >= $2
    LIMIT 1`,
);
