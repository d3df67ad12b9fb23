import { NotYourJob } from './job-auth.js';

/** How often a runner shall say what is new. A cancel reaches it with the next answer, so not too seldom. */
export const updateIntervalS = 3;

/** Ids as they stand in our URLs; anything else is nobody's job. */
export function jobIdOf(text: string): number {
  const id = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(id)) throw new NotYourJob();
  return id;
}
