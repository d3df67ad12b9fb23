import { cancelJobs, cancelPipeline, type CancelRefusal } from './cancel.js';
import type { PipelineGraph } from './graph.js';
import { refused, type Result } from './result.js';
import type { Decision } from './settle.js';
import type { PipelineState, Situation } from './status.js';

export type RedundantRefusal = CancelRefusal | { readonly code: 'kept' };

/**
 * Ends a pipeline because a newer one of its branch is there, as far as its own configuration allows
 * (`ci-language.md` 6.8): the whole of it unless a job that must not be interrupted has ever been started, only the
 * jobs that may be interrupted, or nothing.
 *
 * @param started the jobs that have ever been started, whatever became of them
 */
export function cancelRedundant(
  graph: PipelineGraph,
  state: PipelineState,
  started: readonly number[],
  situation: Situation = {},
): Result<Decision, RedundantRefusal> {
  switch (graph.onNewCommit ?? 'conservative') {
    case 'none':
      return refused({ code: 'kept' });
    case 'interruptible': {
      const chosen = graph.order.filter((index) => graph.jobs[index]?.interruptible);
      return chosen.length === 0 ? refused({ code: 'kept' }) : cancelJobs(graph, state, chosen, situation);
    }
    case 'conservative': {
      const mustGoOn = started.some((index) => !graph.jobs[index]?.interruptible);
      return mustGoOn ? refused({ code: 'kept' }) : cancelPipeline(graph, state);
    }
  }
}
