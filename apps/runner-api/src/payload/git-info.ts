import type { ClaimedJob } from '@crosstie/domain';
import type { Secret } from '@crosstie/platform';

import type { GitInfo, PayloadVariable } from './job-payload.js';

const depthDefault = 20;
const depthMax = 1_000_000;

/**
 * Where the code is and how to get it. The commit itself is the first source: the branch may have moved further
 * than the depth, or be gone, and GitHub serves a commit by its id.
 */
export function gitInfo(job: ClaimedJob, repoUrl: Secret, variables: readonly PayloadVariable[]): GitInfo {
  const depth = depthOf(variables);
  return {
    repo_url: repoUrl.reveal(),
    repo_object_format: 'sha1',
    ref: job.ref,
    sha: job.sha,
    before_sha: job.before_sha,
    ref_type: job.tag ? 'tag' : 'branch',
    refspecs: [`+${job.sha}:refs/pipelines/${job.pipeline_id}`, ...refspecsOf(job, depth)],
    depth,
    protected: job.protected,
  };
}

function refspecsOf(job: ClaimedJob, depth: number): string[] {
  if (depth === 0) return ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'];
  return job.tag
    ? [`+refs/tags/${job.ref}:refs/tags/${job.ref}`]
    : [`+refs/heads/${job.ref}:refs/remotes/origin/${job.ref}`];
}

// Runners ignore the variable: the number in the payload is what counts.
function depthOf(variables: readonly PayloadVariable[]): number {
  const given = variables.findLast((variable) => variable.key === 'GIT_DEPTH')?.value ?? '';
  return /^\d+$/.test(given) ? Math.min(Number(given), depthMax) : depthDefault;
}
