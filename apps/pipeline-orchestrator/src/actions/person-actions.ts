import { Injectable } from '@nestjs/common';
import { Access, type Actor } from '@crosstie/access';
import { Database, findForRetry, findJob } from '@crosstie/domain';
import type { CancelRefusal, PlayRefusal, RetryRefusal } from '@crosstie/pipeline';
import { Conflict, CrosstieConfig, Forbidden, NotFound, Problem, Unavailable } from '@crosstie/platform';
import { TokenClient, TokenRefused } from '@crosstie/token-vault';

import { runLevel } from '../intake/people.js';
import { PipelineActions } from '../pipeline-actions.js';
import { JobRetrier } from '../pipelines/job-retrier.js';
import { PipelineCanceler } from '../pipelines/pipeline-canceler.js';
import { RefusedRetry } from './refused-retry.js';

/** Does what a person asks of a pipeline, if they may run pipelines in the project now. */
@Injectable()
export class PersonActions extends PipelineActions {
  constructor(
    private readonly database: Database,
    private readonly access: Access,
    private readonly tokens: TokenClient,
    private readonly refused: RefusedRetry,
    private readonly retrier: JobRetrier,
    private readonly canceler: PipelineCanceler,
    private readonly config: CrosstieConfig,
  ) {
    super();
  }

  async retryPipeline(actor: Actor, projectId: number, pipelineId: number): Promise<number> {
    await this.access.require(actor, runLevel, projectId);
    const pipeline = await this.database.first(findForRetry, pipelineId);
    if (!pipeline || pipeline.projectId !== projectId) throw new NotFound('Pipeline');
    if (pipeline.failureReason !== null && pipeline.jobs === 0) {
      await this.refused.start(pipeline, actor);
      return pipelineId;
    }
    await this.mintFor(actor, projectId, pipelineId);
    const outcome = await this.retrier.retryPipeline(pipelineId, actor.userId);
    if (outcome === 'not_found') throw new NotFound('Pipeline');
    // As in GitLab, a pipeline of which nothing failed stays as it is, and that is no fault.
    if ('code' in outcome && outcome.code !== 'nothing_to_retry') throw refusedRetry(outcome);
    return pipelineId;
  }

  async retryJob(actor: Actor, projectId: number, jobId: number): Promise<number> {
    await this.access.require(actor, runLevel, projectId);
    const job = await this.jobIn(projectId, jobId);
    if (job.retried) throw new Conflict('This job was retried already: retry its newest try.', 'job_not_retryable');
    await this.mintFor(actor, projectId, job.pipelineId);
    const outcome = await this.retrier.retryJob(job.pipelineId, jobId, actor.userId);
    if (outcome === 'not_found') throw new NotFound('Job');
    if ('code' in outcome) throw refusedRetry(outcome);
    const [newJobId] = outcome.newJobIds;
    if (newJobId === undefined) throw new Error(`the retry of job ${jobId} made no job`);
    return newJobId;
  }

  async playJob(
    actor: Actor,
    projectId: number,
    jobId: number,
    variables: readonly { readonly key: string; readonly value: string }[],
  ): Promise<number> {
    await this.access.require(actor, runLevel, projectId);
    const job = await this.jobIn(projectId, jobId);
    if (job.retried) throw unplayable('A newer try of this job stands in its place.');
    await this.mintFor(actor, projectId, job.pipelineId);
    const outcome = await this.retrier.playJob(job.pipelineId, jobId, actor.userId, variables);
    if (outcome === 'not_found') throw new NotFound('Job');
    if ('code' in outcome) throw refusedPlay(outcome);
    return outcome.newJobIds[0] ?? jobId;
  }

  async cancelPipeline(actor: Actor, projectId: number, pipelineId: number): Promise<number> {
    await this.access.require(actor, runLevel, projectId);
    const pipeline = await this.database.first(findForRetry, pipelineId);
    if (!pipeline || pipeline.projectId !== projectId) throw new NotFound('Pipeline');
    // As in GitLab, cancelling what has ended is no fault and changes nothing.
    await this.canceler.cancel(pipelineId, actor.userId);
    return pipelineId;
  }

  async cancelJob(actor: Actor, projectId: number, jobId: number): Promise<number> {
    await this.access.require(actor, runLevel, projectId);
    const job = await this.jobIn(projectId, jobId);
    const outcome = await this.canceler.cancelJob(job.pipelineId, jobId, actor.userId);
    if (outcome === 'not_found') throw new NotFound('Job');
    if (outcome !== 'done') throw refusedCancel(outcome);
    return jobId;
  }

  private async jobIn(projectId: number, jobId: number) {
    const job = await this.database.first(findJob, jobId);
    if (!job || job.projectId !== projectId) throw new NotFound('Job');
    return job;
  }

  /** The new tries clone as this person: whether they can is told now, not by a job that fails later. */
  private async mintFor(actor: Actor, projectId: number, pipelineId: number): Promise<void> {
    try {
      await this.tokens.cloneLease({ pipelineId, projectId, userId: actor.userId });
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      throw error.retryable
        ? new Unavailable(error.message)
        : new Forbidden(`${error.message}${this.remedyFor(error.reason)}`, error.reason);
    }
  }

  /** Where the person mends it, for who reads the sentence in a terminal. */
  private remedyFor(reason: TokenRefused['reason']): string {
    const own = reason === 'sender_not_linked' || reason === 'terms_not_accepted';
    return own ? ` ${this.config.url}/auth/sign-in` : '';
  }
}

/** GitLab's own words first: clients look for them. */
function unplayable(why: string): Problem {
  return new Problem(400, { message: `400 Bad request - Unplayable Job: ${why}` }, 'job_not_playable');
}

function refusedPlay(refusal: PlayRefusal): Problem {
  switch (refusal.code) {
    case 'job_not_found':
      return new NotFound('Job');
    case 'job_not_playable':
      return unplayable(`it is ${refusal.status}; only a job that waits for a person or its time can be played.`);
  }
}

function refusedRetry(refusal: RetryRefusal): Conflict | NotFound | Forbidden {
  switch (refusal.code) {
    case 'job_not_found':
      return new NotFound('Job');
    case 'job_not_retryable':
      return new Forbidden(`A job that is ${refusal.status} cannot be retried; wait until it has ended.`, refusal.code);
    case 'nothing_to_retry':
      return new Conflict(
        'Nothing of this pipeline failed or was cancelled, so there is nothing to retry.',
        refusal.code,
      );
  }
}

function refusedCancel(refusal: CancelRefusal): Conflict | NotFound | Forbidden {
  switch (refusal.code) {
    case 'job_not_found':
      return new NotFound('Job');
    case 'job_not_cancelable':
      return new Forbidden(`This job is ${refusal.status} already, so there is nothing to cancel.`, refusal.code);
    case 'nothing_to_cancel':
      return new Conflict('Everything of this pipeline has ended.', refusal.code);
  }
}
