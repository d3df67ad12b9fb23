import {
  type ClaimedJob,
  Database,
  environmentId,
  leftByDependencies,
  type LeaseRow,
  readJobVariables,
} from '@crosstie/domain';
import { Clock, CrosstieConfig, Secret } from '@crosstie/platform';
import { type GivenVariable, Keyring, openJobVariables, TokenClient } from '@crosstie/token-vault';
import { Injectable } from '@nestjs/common';

import type { KnownRunner } from '../runners/runner-auth.js';
import { gitInfo } from './git-info.js';
import { DependencyMissing } from './dependency-missing.js';
import { dependencyNames, type JobDefinition, readDefinition } from './job-definition.js';
import type { JobInfo, JobPayload, PayloadDependency } from './job-payload.js';
import { jobVariables } from './job-variables.js';
import { artifactsOf, cachesOf, hooksOf, imageOf, serviceOf, stepsOf } from './payload-parts.js';

export const jobTimeoutDefaultS = 3_600;
/** How long a clone token must work: the fetch comes first, and an hour is the most that GitHub gives. */
const cloneOutliveMaxMs = 10 * 60_000;

const failureReasons = [
  'unknown_failure',
  'script_failure',
  'runner_system_failure',
  'job_execution_timeout',
  'runner_configuration_error',
  'runner_external_dependency_failure',
  'runner_interrupted',
  'job_canceled',
];

interface Left {
  readonly files: PayloadDependency[];
  readonly variables: readonly GivenVariable[];
}

/** Makes what a runner needs to run a job it was given. */
@Injectable()
export class Payloads {
  constructor(
    private readonly database: Database,
    private readonly tokens: TokenClient,
    private readonly keyring: Keyring,
    private readonly config: CrosstieConfig,
    private readonly clock: Clock,
  ) {}

  /** Throws TokenRefused when the code may not, or cannot now, be had, and DependencyMissing. */
  async build(job: ClaimedJob, runner: KnownRunner, jobToken: string): Promise<JobPayload> {
    const definition = await readDefinition(job.definition, job.index);
    const timeoutS = timeoutOf(job, definition, runner);
    const [repoToken, dependencies, given, place] = await Promise.all([
      this.cloneToken(job, timeoutS),
      this.dependencies(job, definition, jobToken),
      this.givenVariables(job, definition),
      this.environmentOf(job, definition),
    ]);
    const repoUrl = this.repoUrl(job, repoToken);
    const variables = jobVariables(job, runner, definition, [...dependencies.variables, ...given, ...place], {
      serverUrl: this.config.url,
      jobToken,
      repoUrl: repoUrl.reveal(),
      repoToken: repoToken.reveal(),
      timeoutS,
      startedAt: this.clock.now(),
    });
    return {
      id: job.job_id,
      token: jobToken,
      allow_git_fetch: true,
      job_info: this.jobInfo(job, definition),
      git_info: gitInfo(job, repoUrl, variables),
      runner_info: { uuid: `runner-${runner.id}`, timeout: timeoutS },
      variables,
      steps: stepsOf(definition, timeoutS),
      hooks: hooksOf(definition),
      ...(definition.run === undefined ? {} : { run: JSON.stringify(definition.run) }),
      image: definition.image ? imageOf(definition.image) : null,
      services: definition.services.map(serviceOf),
      artifacts: artifactsOf(definition),
      cache: cachesOf(definition, job.protected),
      credentials: [],
      dependencies: dependencies.files,
      features: {
        trace_sections: true,
        // Runners mask what follows fifteen prefixes and bring fourteen of their own: this job's kind alone.
        token_mask_prefixes: [repoToken.reveal().slice(0, 4)],
        failure_reasons: failureReasons,
      },
    };
  }

  private async cloneToken(job: ClaimedJob, timeoutS: number): Promise<Secret> {
    const { pipeline_id: pipelineId, project_id: projectId } = job;
    const mustOutliveMs = Math.min(timeoutS * 1000, cloneOutliveMaxMs);
    if (job.user_id === null) throw new Error('A job of nobody cannot be given a clone token');
    const clone = { pipelineId, projectId, userId: job.user_id, mustOutliveMs };
    return (await this.tokens.openClone(clone, leaseOf(job))).token;
  }

  private repoUrl(job: ClaimedJob, token: Secret): Secret {
    const url = new URL(`${this.config.github.webUrl}/${job.full_name}.git`);
    url.username = 'x-access-token';
    url.password = token.reveal();
    return new Secret(url.href);
  }

  /** Only jobs that wait for a person or a time can have been given some. */
  private async givenVariables(job: ClaimedJob, { when }: JobDefinition): Promise<GivenVariable[]> {
    if (when !== 'manual' && when !== 'delayed') return [];
    const { pipeline_id: pipelineId, attempt, index } = job;
    const row = await this.database.first(readJobVariables, pipelineId, attempt, index);
    return row ? openJobVariables(this.keyring, { pipelineId, attempt, index }, row.sealed) : [];
  }

  /** The number of its environment: the rest of it stands in the definition. */
  private async environmentOf(job: ClaimedJob, { environment }: JobDefinition): Promise<GivenVariable[]> {
    const name = environment?.['name'];
    if (typeof name !== 'string') return [];
    const found = await this.database.first(environmentId, job.project_id, name);
    return found ? [{ key: 'CI_ENVIRONMENT_ID', value: String(found.id) }] : [];
  }

  /** What the jobs before it have left to it: files, and the variables of their dotenv reports. */
  private async dependencies(job: ClaimedJob, definition: JobDefinition, token: string): Promise<Left> {
    const names = dependencyNames(definition);
    if (names?.length === 0 || (names === null && job.stage_index === 0)) return { files: [], variables: [] };
    const where = [job.pipeline_id, job.attempt, names, job.stage_index] as const;
    const found = await this.database.run(leftByDependencies, ...where, this.clock.now());
    const gone = found.filter((one) => one.gone).map(({ name }) => name);
    if (gone.length > 0) throw new DependencyMissing(gone);
    return {
      files: found.flatMap(({ job_id: id, name, filename, size }) =>
        filename === null || size === null ? [] : [{ id, name, token, artifacts_file: { filename, size } }],
      ),
      variables: found.flatMap(({ dotenv }) => dotenv ?? []),
    };
  }

  private jobInfo(job: ClaimedJob, definition: JobDefinition): JobInfo {
    const waitedMs = job.queued_at ? this.clock.ms() - job.queued_at.getTime() : 0;
    return {
      name: definition.name,
      stage: definition.stage,
      pipeline_id: job.pipeline_id,
      project_id: job.project_id,
      project_name: job.full_name.split('/').at(-1) ?? '',
      project_full_path: job.full_name,
      namespace_id: 0,
      root_namespace_id: 0,
      organization_id: 1,
      instance_id: new URL(this.config.url).host,
      instance_uuid: '',
      user_id: job.user_id ?? 0,
      time_in_queue_seconds: Math.max(0, waitedMs / 1000),
      project_jobs_running_on_instance_runners_count: '0',
      queue_size: 0,
      queue_depth: 0,
    };
  }
}

function leaseOf(job: ClaimedJob): LeaseRow | null {
  const { lease_id: id, lease_kind: kind, lease_host: host, lease_sealed: sealed } = job;
  const { lease_issued_at: issuedAt, lease_expires_at: expiresAt, lease_installation_id: installationId } = job;
  if (!id || !kind || !host || !sealed || !issuedAt || !expiresAt) return null;
  const about = { pipelineId: job.pipeline_id, projectId: job.project_id, purpose: 'clone' } as const;
  return { id, kind, host, installationId, sealed, issuedAt, expiresAt, ...about };
}

function timeoutOf(job: ClaimedJob, definition: JobDefinition, runner: KnownRunner): number {
  const wanted = job.timeout_s ?? definition.timeout ?? jobTimeoutDefaultS;
  return Math.floor(Math.min(wanted, runner.maximum_timeout ?? Infinity));
}
