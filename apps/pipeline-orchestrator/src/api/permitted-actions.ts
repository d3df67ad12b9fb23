import type { Viewer } from './viewer.js';

/** Whether something may be done now, and where not, why, in a sentence for the one who asks. */
export interface ActionState {
  readonly allowed: boolean;
  readonly reason: string | null;
}

/** What solves a refusal for one viewer. */
export type Remedy = 'run_as_me' | 'link_account' | 'accept_terms' | 'fix_configuration' | 'ask_someone';

/** As much of a pipeline as decides about it. */
export interface ActionsPipeline {
  readonly status: string;
  readonly failureReason: string | null;
  /** Of the jobs that stand for the current attempt. */
  readonly jobStatuses: readonly string[];
}

const over = new Set(['success', 'failed', 'canceled', 'skipped']);
const retriedWithPipeline = new Set(['failed', 'canceled']);
const retriableJob = new Set(['success', 'failed', 'canceled', 'canceling']);
const playableJob = new Set(['manual', 'scheduled']);
const ofConfiguration = new Set(['config_error', 'not_yet_supported']);

const yes: ActionState = { allowed: true, reason: null };
const no = (reason: string): ActionState => ({ allowed: false, reason });

/** Whether the pipeline was refused: it has a reason and nothing that could run. */
export function isRefused(pipeline: ActionsPipeline): boolean {
  return pipeline.status === 'failed' && pipeline.failureReason !== null && pipeline.jobStatuses.length === 0;
}

/** Why this viewer cannot be the one behind a run; null when they can. */
function hindrance(viewer: Viewer): { reason: string; remedy: Remedy } | null {
  if (!viewer.runs) {
    return { reason: 'Running pipelines needs the role Developer in this project.', remedy: 'ask_someone' };
  }
  if (!viewer.linked) {
    return { reason: 'Link your GitHub account first: what runs uses its rights.', remedy: 'link_account' };
  }
  if (!viewer.termsAccepted) return { reason: 'Accept the current terms first.', remedy: 'accept_terms' };
  if (!viewer.seat) return { reason: 'You have no seat: an administrator can give you one.', remedy: 'ask_someone' };
  return null;
}

/** What a refused pipeline's page offers this viewer. */
export function remedyFor(viewer: Viewer, reason: string): Remedy {
  if (ofConfiguration.has(reason)) return 'fix_configuration';
  return hindrance(viewer)?.remedy ?? 'run_as_me';
}

export function retryPipelineState(viewer: Viewer, pipeline: ActionsPipeline): ActionState {
  const hindered = hindrance(viewer);
  if (hindered) return no(hindered.reason);
  if (pipeline.status === 'canceling') return no('It is being canceled; wait until it has ended.');
  if (isRefused(pipeline)) return yes;
  const some = pipeline.jobStatuses.some((status) => retriedWithPipeline.has(status));
  return some ? yes : no('No job of it has failed or was canceled.');
}

export function cancelPipelineState(viewer: Viewer, pipeline: ActionsPipeline): ActionState {
  if (!viewer.runs) return no('Canceling needs the role Developer in this project.');
  return over.has(pipeline.status) ? no('It has ended already.') : yes;
}

export function retryJobState(viewer: Viewer, job: { status: string; retried: boolean }): ActionState {
  const hindered = hindrance(viewer);
  if (hindered) return no(hindered.reason);
  if (job.retried) return no('A newer try of this job stands in its place.');
  return retriableJob.has(job.status) ? yes : no('It has not ended yet.');
}

/** Whether this viewer may start jobs that wait for somebody, in whatever state they are. */
export function playState(viewer: Viewer): ActionState {
  const hindered = hindrance(viewer);
  return hindered ? no(hindered.reason) : yes;
}

export function playJobState(viewer: Viewer, job: { status: string; retried: boolean }): ActionState {
  const hindered = hindrance(viewer);
  if (hindered) return no(hindered.reason);
  return playableJob.has(job.status) ? yes : no('It waits neither for a person nor for a time.');
}

export function cancelJobState(viewer: Viewer, job: { status: string; retried: boolean }): ActionState {
  if (!viewer.runs) return no('Canceling needs the role Developer in this project.');
  return over.has(job.status) || job.status === 'canceling' ? no('It has ended already, or is about to.') : yes;
}
