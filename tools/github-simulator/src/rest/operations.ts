import { tokenOperations } from '../oauth/token-operations.js';
import { appOperations } from './app-operations.js';
import { commitOperations } from './commit-operations.js';
import { contentsOperations } from './contents-operations.js';
import { hookOperations } from './hook-operations.js';
import { membershipOperations } from './membership-operations.js';
import { metaOperations } from './meta-operations.js';
import type { Operation } from './operation.js';
import { peopleOperations } from './people-operations.js';
import { repositoryHookOperations } from './repository-hook-operations.js';
import { statusOperations } from './status-operations.js';

const named: Operation[] = [
  ...appOperations,
  ...hookOperations,
  ...repositoryHookOperations,
  ...membershipOperations,
  ...tokenOperations,
  ...peopleOperations,
  ...contentsOperations,
  ...commitOperations,
  ...statusOperations,
  ...metaOperations,
];

/**
 * Where a former name redirects to: the same operation below `/repositories/{repository_id}`.
 * GitHub answers these for every repository operation and leaves them out of its description.
 */
function byId(operation: Operation): Operation[] {
  if (!('inRepository' in operation)) return [];
  return [{ ...operation, path: operation.path.replace('/repos/{owner}/{repo}', '/repositories/{repository_id}') }];
}

/** Every REST operation that the simulator knows. */
export const operations: Operation[] = [...named, ...named.flatMap(byId)];
