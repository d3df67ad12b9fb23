import { TooBig, type Node } from './nodes.js';

/**
 * What one compile may multiply: instances, needs, rules tried, variables laid over each other. A
 * clock would make the verdict depend on the machine, so steps are counted instead.
 */
export class Budget {
  constructor(private left: number) {}

  /** Takes `steps` away; throws `TooBig` when there are none left. */
  spend(steps: number, at: Pick<Node, 'source' | 'offset'>): void {
    this.left -= steps;
    if (this.left < 0) throw new TooBig('size', at);
  }
}
