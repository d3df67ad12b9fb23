import { types } from 'node:util';

/** Whether it is an error, also one that was made in another realm, as Jest's are: `instanceof` misses those. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error;
}
