import type { Actor } from '@crosstie/access';

/**
 * What a person may set moving on a pipeline or a job. The `api` module asks, the `pipelines` module
 * answers, the root module binds the two: neither imports the other.
 *
 * Every method checks the actor's right on the project and throws a `Problem` with a sentence for a
 * person: not visible or absent, role too low, or a state in which it cannot be done.
 */
export abstract class PipelineActions {
  /** Runs what failed again; a refused pipeline is tried anew as this actor. Returns the pipeline's id. */
  abstract retryPipeline(actor: Actor, projectId: number, pipelineId: number): Promise<number>;

  /** Stops what is not finished. Changes nothing on a finished pipeline. Returns the pipeline's id. */
  abstract cancelPipeline(actor: Actor, projectId: number, pipelineId: number): Promise<number>;

  /** Puts a new job in the place of a finished one. Returns the new job's id. */
  abstract retryJob(actor: Actor, projectId: number, jobId: number): Promise<number>;

  /**
   * Starts a job that waits for a person or its time, as this actor and with these variables; a manual one
   * that has ended runs again. Returns the id of the job that waits now.
   */
  abstract playJob(
    actor: Actor,
    projectId: number,
    jobId: number,
    variables: readonly { readonly key: string; readonly value: string }[],
  ): Promise<number>;

  /** Stops a job that is not finished. Returns the job's id. */
  abstract cancelJob(actor: Actor, projectId: number, jobId: number): Promise<number>;
}
