import type { Node } from '../nodes.js';
import type { Need } from '../shape/keywords/needs.js';

/** A need on one instance; `found` is false where no such job is defined. */
export interface InstanceNeed {
  readonly job: string;
  readonly artifacts: boolean;
  readonly optional: boolean;
  readonly found: boolean;
  readonly at: Node;
}

export type CrossNeed = Exclude<Need, { kind: 'job' }>;

export interface ExpandedNeeds {
  readonly jobs: readonly InstanceNeed[];
  readonly cross: readonly CrossNeed[];
}
