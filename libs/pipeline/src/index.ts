export { advance, applyDecision, type JobReport, startPipeline } from './advance.js';
export { cancelJob, cancelJobs, cancelPipeline, type CancelRefusal } from './cancel.js';
export { carriedKeywords } from './carried-keywords.js';
export { isForgiven, pipelineStatusOf } from './composite-status.js';
export {
  type AllowFailure,
  buildGraph,
  GraphError,
  type GraphJob,
  type GraphJobInput,
  type GraphOptions,
  type OnNewCommit,
  type PipelineGraph,
  type RetryRule,
  type When,
  WHENS,
} from './graph.js';
export {
  DELIVERY_REASONS,
  type DeliveryReason,
  explainDeliveryReason,
  explainJobReason,
  explainPipelineReason,
  forCommitStatus,
  GITHUB_DESCRIPTION_CHARS_MAX,
  JOB_REASONS,
  type JobReason,
  PIPELINE_REASONS,
  type PipelineReason,
  type ReasonDetail,
} from './reasons.js';
export { playJob, type PlayRefusal, unscheduleJob } from './play.js';
export { cancelRedundant, type RedundantRefusal } from './redundant.js';
export type { Result } from './result.js';
export { retryJob, retryPipeline, type RetryRefusal } from './retry.js';
export { type Decision, type JobChange, settle } from './settle.js';
export {
  isCompleted,
  JOB_STATUSES,
  type JobState,
  type JobStatus,
  type PipelineState,
  type PipelineStatus,
  type Situation,
} from './status.js';
