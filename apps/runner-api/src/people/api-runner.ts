import type { Project, Runner, RunnerManager } from '@crosstie/domain';

const onlineMs = 2 * 3_600_000;
const staleMs = 7 * 86_400_000;

export type RunnerStatus = 'online' | 'offline' | 'stale' | 'never_contacted';

/** A runner in a list, in GitLab's words. */
export interface ApiRunner {
  id: number;
  description: string;
  ip_address: string | null;
  active: boolean;
  paused: boolean;
  is_shared: boolean;
  runner_type: string;
  name: string | null;
  online: boolean;
  created_by: { id: number } | null;
  created_at: string;
  status: RunnerStatus;
  job_execution_status: 'active' | 'idle';
  contacted_at: string | null;
  tag_list: string[];
}

export interface ApiRunnerDetails extends ApiRunner {
  run_untagged: boolean;
  locked: boolean;
  maximum_timeout: number | null;
  access_level: string;
  version: string | null;
  revision: string | null;
  platform: string | null;
  architecture: string | null;
  maintenance_note: string | null;
  token_expires_at: string | null;
  projects: { id: number; name: string; path: string; path_with_namespace: string; name_with_namespace: string }[];
  groups: never[];
}

export interface ApiRunnerManager {
  id: number;
  system_id: string;
  version: string | null;
  revision: string | null;
  platform: string | null;
  architecture: string | null;
  created_at: string;
  contacted_at: string | null;
  ip_address: string | null;
  status: RunnerStatus;
  job_execution_status: 'active' | 'idle';
}

/** A runner with what is known of who runs with its token. */
export interface RunnerFacts {
  runner: Runner;
  /** The one that was heard of last. */
  manager: RunnerManager | null;
  isBusy: boolean;
  now: Date;
}

export function statusOf(contactedAt: Date | null, createdAt: Date, now: Date): RunnerStatus {
  const silentMs = now.getTime() - (contactedAt ?? createdAt).getTime();
  if (contactedAt && silentMs < onlineMs) return 'online';
  if (silentMs >= staleMs) return 'stale';
  return contactedAt ? 'offline' : 'never_contacted';
}

export function toApiRunner({ runner, manager, isBusy, now }: RunnerFacts): ApiRunner {
  const status = statusOf(manager?.contactedAt ?? null, runner.createdAt, now);
  return {
    id: runner.id,
    description: runner.description,
    ip_address: manager?.ipAddress ?? null,
    active: !runner.paused,
    paused: runner.paused,
    is_shared: runner.runnerType === 'instance_type',
    runner_type: runner.runnerType,
    name: null,
    online: status === 'online',
    created_by: runner.createdBy === null ? null : { id: runner.createdBy },
    created_at: runner.createdAt.toISOString(),
    status,
    job_execution_status: isBusy ? 'active' : 'idle',
    contacted_at: manager?.contactedAt?.toISOString() ?? null,
    tag_list: runner.tags,
  };
}

export function toApiRunnerDetails(facts: RunnerFacts, projects: readonly Project[]): ApiRunnerDetails {
  const { runner, manager } = facts;
  return {
    ...toApiRunner(facts),
    run_untagged: runner.runUntagged,
    locked: runner.locked,
    maximum_timeout: runner.maximumTimeout,
    access_level: runner.accessLevel,
    version: manager?.version ?? null,
    revision: manager?.revision ?? null,
    platform: manager?.platform ?? null,
    architecture: manager?.architecture ?? null,
    maintenance_note: runner.maintenanceNote,
    token_expires_at: runner.tokenExpiresAt?.toISOString() ?? null,
    projects: projects.map(({ id, fullName }) => {
      const name = fullName.split('/').at(-1) ?? fullName;
      const spaced = fullName.replace('/', ' / ');
      return { id, name, path: name, path_with_namespace: fullName, name_with_namespace: spaced };
    }),
    groups: [],
  };
}

export function toApiRunnerManager(manager: RunnerManager, isBusy: boolean, now: Date): ApiRunnerManager {
  return {
    id: manager.id,
    system_id: manager.systemId,
    version: manager.version,
    revision: manager.revision,
    platform: manager.platform,
    architecture: manager.architecture,
    created_at: manager.createdAt.toISOString(),
    contacted_at: manager.contactedAt?.toISOString() ?? null,
    ip_address: manager.ipAddress,
    status: statusOf(manager.contactedAt, manager.createdAt, now),
    job_execution_status: isBusy ? 'active' : 'idle',
  };
}
