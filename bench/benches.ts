import { accept } from './accept.ts';
import { dispatch } from './dispatch.ts';
import type { Bench } from './ground.ts';

/** All of them by name, in the order in which they run. */
export const benches: Readonly<Record<string, Bench>> = {
  accept,
  dispatch,
};
