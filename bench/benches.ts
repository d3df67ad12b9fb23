import { accept } from './accept.ts';
import { advance } from './advance.ts';
import { claim } from './claim.ts';
import { compile } from './compile.ts';
import { dispatch } from './dispatch.ts';
import { fairness } from './fairness.ts';
import type { Bench } from './ground.ts';
import { heldRequests } from './held-requests.ts';
import { lifetime } from './lifetime.ts';
import { memory } from './memory.ts';
import { trace } from './trace.ts';

/** All of them by name, in the order in which they run. */
export const benches: Readonly<Record<string, Bench>> = {
  accept,
  dispatch,
  compile,
  claim,
  fairness,
  trace,
  advance,
  'held-requests': heldRequests,
  lifetime,
  memory,
};
