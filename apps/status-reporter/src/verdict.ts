import { forCommitStatus } from '@crosstie/pipeline';

export interface VerdictSubject {
  readonly iid: number;
  /** GitLab's word. */
  readonly status: string;
  /** Whether a job of it has begun. */
  readonly started: boolean;
  readonly failureReason: string | null;
  readonly failureMessage: string | null;
  readonly failedJobs: readonly string[];
}

export interface Verdict {
  readonly state: 'pending' | 'success' | 'failure' | 'error';
  /** One line that fits GitHub's limit. */
  readonly description: string;
  readonly final: boolean;
}

const namedJobsMax = 3;

/** What GitHub should show for a pipeline. */
export function verdictOf(pipeline: VerdictSubject): Verdict {
  const name = `Pipeline #${pipeline.iid}`;
  switch (pipeline.status) {
    case 'success':
      return final('success', `${name} passed.`);
    case 'skipped':
      return final('success', `${name} was skipped: none of its jobs had to run.`);
    case 'canceled':
      return final('error', `${name} was canceled.`);
    case 'failed':
      return final('failure', whyItFailed(name, pipeline));
    case 'manual':
      return pending(`${name} waits for somebody to start a job.`);
    case 'canceling':
      return pending(`${name} is being canceled.`);
    default:
      return pending(pipeline.started ? `${name} is running.` : `${name} waits for a runner.`);
  }
}

function whyItFailed(name: string, { failureReason, failureMessage, failedJobs }: VerdictSubject): string {
  if (failureMessage !== null && failureMessage !== '') return failureMessage;
  if (failureReason !== null) return `${name} was refused: ${failureReason}.`;
  const named = failedJobs.slice(0, namedJobsMax).join(', ');
  if (named === '') return `${name} failed.`;
  return `${name} failed: ${named}${failedJobs.length > namedJobsMax ? ' and more' : ''}.`;
}

function final(state: Verdict['state'], sentence: string): Verdict {
  return { state, description: forCommitStatus(sentence), final: true };
}

function pending(sentence: string): Verdict {
  return { state: 'pending', description: forCommitStatus(sentence), final: false };
}
