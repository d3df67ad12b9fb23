import type { ReceivedStatus } from '@crosstie/github-simulator';

import type { Evidence, PipelineFact, PushFact } from './evidence.js';
import { groupBy } from './group-by.js';
import type { PushKind } from './plan.js';

/** Something that must hold and does not; `id` is the invariant's. */
export interface Broken {
  id: string;
  what: string;
}

const ends = new Set(['success', 'failed', 'canceled', 'skipped']);
const stateOf: Record<string, string> = {
  success: 'success',
  failed: 'failure',
  canceled: 'error',
  skipped: 'success',
};
const finalStates = new Set(['success', 'failure', 'error']);

/** What a push of this kind may be refused with; the others run. */
const refusals: Partial<Record<PushKind, string>> = { unlinked: 'sender_not_linked', broken: 'config_error' };

/** I1 to I3: what became of each push, and what GitHub was told of it. */
export function checkPushes({ pushes }: Evidence): Broken[] {
  return pushes.flatMap((push) => [
    ...checkOutcome(push),
    ...push.pipelines.flatMap((one) => checkPipeline(push, one)),
  ]);
}

function checkOutcome(push: PushFact): Broken[] {
  const broken: Broken[] = [];
  const say = (what: string): void => void broken.push({ id: 'I1', what: `${label(push)}: ${what}` });
  if (push.deliveries.length === 0) say('GitHub sent no delivery');
  for (const { guid, state, reason, pipelineIds } of push.deliveries) {
    if (state === null) say(`delivery ${guid} is not known`);
    else if (pipelineIds.length + (reason === null ? 0 : 1) !== 1) {
      say(`delivery ${guid} is ${state} with ${pipelineIds.length} pipelines and the reason ${reason}`);
    }
  }
  const expected = push.kind === 'without' ? 0 : 1;
  if (push.pipelines.length !== expected) say(`${push.pipelines.length} pipelines instead of ${expected}`);
  return broken;
}

function checkPipeline(push: PushFact, pipeline: PipelineFact): Broken[] {
  const broken: Broken[] = [];
  const say = (id: string, what: string): void =>
    void broken.push({ id, what: `${label(push)}, pipeline ${pipeline.id}: ${what}` });
  if (!ends.has(pipeline.status)) say('I2', `it is ${pipeline.status} for ever`);
  for (const { id, name, status } of pipeline.jobs)
    if (!ends.has(status)) say('I2', `job ${id} (${name}) is ${status}`);
  const refusal = refusals[push.kind] ?? null;
  if (pipeline.failure_reason !== refusal && !(push.pressed && pipeline.failure_reason === null)) {
    say('I1', `it was refused with ${pipeline.failure_reason}, expected ${refusal}`);
  }
  for (const statuses of byContext(push.statuses)) {
    const states = statuses.map(({ state }) => state);
    if (states.at(-1) !== stateOf[pipeline.status])
      say('I3', `it is ${pipeline.status}, GitHub has ${states.join(', ')}`);
    if (!push.pressed && wentBack(states)) say('I3', `GitHub was told ${states.join(', ')}`);
  }
  if (push.statuses.length === 0) say('I3', 'GitHub was told nothing');
  return broken;
}

/** After an end nothing else may come, unless somebody pressed a button. */
function wentBack(states: readonly string[]): boolean {
  const ended = states.findIndex((state) => finalStates.has(state));
  return ended >= 0 && states.slice(ended).some((state) => state !== states[ended]);
}

function byContext(statuses: readonly ReceivedStatus[]): ReceivedStatus[][] {
  return [...groupBy(statuses, ({ context }) => context).values()];
}

export function label({ kind, sha }: PushFact): string {
  return `push ${sha.slice(0, 8)} (${kind})`;
}
