import type { Level } from '../state/model.js';

/** What an operation needs on a repository. */
export interface Need {
  permission: string;
  level: Level;
}
