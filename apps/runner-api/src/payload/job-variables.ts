import type { ClaimedJob } from '@crosstie/domain';

import type { GivenVariable } from '@crosstie/token-vault';

import { groupName, slug } from '@crosstie/ci-config';

import type { KnownRunner } from '../runners/runner-auth.js';
import type { JobDefinition } from './job-definition.js';
import type { PayloadVariable } from './job-payload.js';

/** The kernel takes 128 KiB for one variable and starts nothing with more. */
const valueCharactersMax = 32_000;

export interface VariableFacts {
  serverUrl: string;
  jobToken: string;
  repoUrl: string;
  repoToken: string;
  timeoutS: number;
  startedAt: Date;
}

/**
 * All variables of a job, weakest first: what is known only now, then what the definition says, then what earlier
 * jobs left in reports, then what the person gave who played the job, then the tokens,
 * which nobody may put something else in the place of: they have to be masked.
 */
export function jobVariables(
  job: ClaimedJob,
  runner: KnownRunner,
  definition: Pick<JobDefinition, 'variables' | 'name' | 'parallel' | 'when'>,
  given: readonly GivenVariable[],
  facts: VariableFacts,
): PayloadVariable[] {
  const known: Record<string, string> = {
    CI_JOB_ID: String(job.job_id),
    CI_JOB_URL: `${facts.serverUrl}/${job.full_name}/-/jobs/${job.job_id}`,
    CI_JOB_STARTED_AT: facts.startedAt.toISOString(),
    CI_JOB_TIMEOUT: String(facts.timeoutS),
    CI_PIPELINE_IID: String(job.pipeline_iid),
    CI_JOB_NAME_SLUG: slug(definition.name),
    CI_JOB_GROUP_NAME: groupName(definition.name),
    ...(definition.when === 'manual' ? { CI_JOB_MANUAL: 'true' } : {}),
    ...(definition.parallel ? { CI_NODE_INDEX: String(definition.parallel.index) } : {}),
    CI_NODE_TOTAL: String(definition.parallel?.total ?? 1),
    CI_RUNNER_ID: String(runner.id),
    CI_RUNNER_DESCRIPTION: runner.description,
    CI_RUNNER_TAGS: JSON.stringify(runner.tags),
    ...personOf(job),
    // GitHub gets no header that is meant for another server, and the log no stamps in front of its lines.
    FF_USE_GITALY_CORRELATION_ID: 'false',
    FF_TIMESTAMPS: 'false',
  };
  const secret: Record<string, string> = {
    CI_JOB_TOKEN: facts.jobToken,
    CI_REPOSITORY_URL: facts.repoUrl,
    CI_REPOSITORY_TOKEN: facts.repoToken,
  };
  return [
    ...Object.entries(known).map(([key, value]) => ({ key, value, ...plain })),
    ...definition.variables.map(fitting),
    ...given.map(({ key, value }) => ({ key, value, public: false, file: false, masked: false, raw: false })),
    ...Object.entries(secret).map(([key, value]) => ({ key, value, ...hidden })),
  ];
}

const plain = { public: true, file: false, masked: false, raw: true };
const hidden = { public: false, file: false, masked: true, raw: true };

function personOf(job: ClaimedJob): Record<string, string> {
  if (job.user_id === null) return {};
  return {
    GITLAB_USER_ID: String(job.user_id),
    GITLAB_USER_LOGIN: job.user_login ?? '',
    GITLAB_USER_NAME: job.user_name ?? '',
  };
}

function fitting(variable: PayloadVariable): PayloadVariable {
  const { key, value, file, masked, raw } = variable;
  const cut = file ? value : value.slice(0, valueCharactersMax);
  return { key, value: cut, public: variable.public, file, masked, raw };
}
