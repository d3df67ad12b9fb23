import type { Artifact, Job, Lane, Pipeline, Runner, RunnerManager } from '@crosstie/domain';

import { type ApiCommit, toApiCommit } from './api-commit.js';
import { type ApiPipelineBasic, moment } from './api-pipeline.js';
import type { ApiPerson } from './people-names.js';

/** A job as `/api/v4` answers it. What GitLab always sends is null here, never left out. */
export interface ApiJob {
  id: number;
  status: string;
  stage: string;
  name: string;
  ref: string;
  tag: boolean;
  coverage: number | null;
  allow_failure: boolean;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  erased_at: string | null;
  duration: number | null;
  queued_duration: number | null;
  user: ApiPerson | Record<string, never>;
  commit: ApiCommit;
  pipeline: ApiPipelineBasic;
  failure_reason?: string;
  web_url: string;
  project: { ci_job_token_scope_enabled: boolean };
  artifacts: ApiArtifact[];
  artifacts_file?: { filename: string; size: number };
  runner: ApiJobRunner | null;
  runner_manager: ApiJobRunnerManager | null;
  artifacts_expire_at: string | null;
  archived: boolean;
  tag_list: string[];
}

export interface ApiArtifact {
  file_type: string;
  size: number;
  filename: string;
  file_format: string;
}

export interface ApiJobRunner {
  id: number;
  description: string;
  ip_address: string | null;
  active: boolean;
  paused: boolean;
  is_shared: boolean;
  runner_type: string;
  name: string | null;
  online: boolean;
  status: string;
}

export interface ApiJobRunnerManager {
  id: number;
  system_id: string;
  version: string | null;
  revision: string | null;
  platform: string | null;
  architecture: string | null;
  created_at: string;
  contacted_at: string | null;
  ip_address: string | null;
  status: string;
}

/** The rows that one job's answer is made of. */
export interface JobParts {
  readonly job: Job;
  readonly pipeline: Pipeline;
  readonly basic: ApiPipelineBasic;
  /** Of the repository. */
  readonly githubUrl: string;
  readonly projectUrl: string;
  readonly user: ApiPerson | null;
  readonly lane: Lane | null;
  readonly runner: Runner | null;
  readonly manager: RunnerManager | null;
  readonly artifacts: readonly Artifact[];
  readonly now: Date;
}

/** A runner that was heard of within this time is online. */
const onlineMs = 2 * 60 * 60 * 1000;

export function toApiJob({ job, pipeline, basic, ...parts }: JobParts): ApiJob {
  const archive = parts.artifacts.find(({ fileType }) => fileType === 'archive');
  const end = job.finishedAt ?? parts.now;
  return {
    id: job.id,
    status: job.status,
    stage: job.stage,
    name: job.name,
    ref: pipeline.ref,
    tag: pipeline.tag,
    coverage: job.coverage === null ? null : Math.round(job.coverage * 100) / 100,
    allow_failure: job.allowFailure,
    created_at: job.createdAt.toISOString(),
    started_at: moment(job.startedAt),
    finished_at: moment(job.finishedAt),
    erased_at: moment(job.erasedAt),
    duration: seconds(job.startedAt, end),
    queued_duration: seconds(job.queuedAt, job.startedAt ?? end),
    user: parts.user ?? {},
    commit: toApiCommit(pipeline, parts.githubUrl),
    pipeline: basic,
    ...(job.status === 'failed' ? { failure_reason: job.failureReason ?? 'unknown_failure' } : {}),
    web_url: `${parts.projectUrl}/-/jobs/${job.id}`,
    project: { ci_job_token_scope_enabled: true },
    artifacts: parts.artifacts.map(toApiArtifact),
    ...(archive ? { artifacts_file: { filename: archive.filename, size: archive.size } } : {}),
    runner: parts.runner ? toJobRunner(parts.runner, parts.manager, parts.now) : null,
    runner_manager: parts.manager ? toJobManager(parts.manager, parts.now) : null,
    artifacts_expire_at: moment(archive?.expireAt ?? null),
    archived: false,
    tag_list: parts.lane?.tags ?? [],
  };
}

function toApiArtifact(artifact: Artifact): ApiArtifact {
  const { fileType, size, filename, fileFormat } = artifact;
  return { file_type: fileType, size, filename, file_format: fileFormat };
}

function toJobRunner(runner: Runner, manager: RunnerManager | null, now: Date): ApiJobRunner {
  const online = isOnline(manager, now);
  return {
    id: runner.id,
    description: runner.description,
    ip_address: manager?.ipAddress ?? null,
    active: !runner.paused,
    paused: runner.paused,
    is_shared: runner.runnerType === 'instance_type',
    runner_type: runner.runnerType,
    name: null,
    online,
    status: online ? 'online' : 'offline',
  };
}

function toJobManager(manager: RunnerManager, now: Date): ApiJobRunnerManager {
  return {
    id: manager.id,
    system_id: manager.systemId,
    version: manager.version,
    revision: manager.revision,
    platform: manager.platform,
    architecture: manager.architecture,
    created_at: manager.createdAt.toISOString(),
    contacted_at: moment(manager.contactedAt),
    ip_address: manager.ipAddress,
    status: isOnline(manager, now) ? 'online' : 'offline',
  };
}

function isOnline(manager: RunnerManager | null, now: Date): boolean {
  return manager?.contactedAt != null && now.getTime() - manager.contactedAt.getTime() < onlineMs;
}

// Floats for jobs, as GitLab has them.
function seconds(from: Date | null, to: Date): number | null {
  return from ? Math.max(0, (to.getTime() - from.getTime()) / 1000) : null;
}
