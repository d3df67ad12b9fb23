import type { Clock } from '@crosstie/platform';

import { NotYourJob } from './job-auth.js';

const watchedS = 3;
const unwatchedS = 30;

/** After the first word of a runner, and at the end, when there is nothing to wait for. */
export const firstIntervalS = 3;

/**
 * How often a runner shall say what is new: soon while somebody reads along, else as seldom as a sign of life is
 * due. A cancel reaches it with its next answer.
 */
export function updateIntervalS(watchedUntil: Date | null, clock: Clock): number {
  return watchedUntil !== null && watchedUntil.getTime() > clock.ms() ? watchedS : unwatchedS;
}

/** Ids as they stand in our URLs; anything else is nobody's job. */
export function jobIdOf(text: string): number {
  const id = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(id)) throw new NotYourJob();
  return id;
}
