import { channel } from 'node:diagnostics_channel';

import type { Logger } from './logger.js';

/** The steps on the way from a push to the runner that has its first job. */
export type Step =
  | 'accept.begun'
  | 'accept.stored'
  | 'intake.begun'
  | 'intake.read'
  | 'intake.asked'
  | 'intake.compiled'
  | 'intake.leased'
  | 'intake.stored'
  | 'claim.begun'
  | 'claim.taken'
  | 'claim.ready';

const steps = channel('crosstie.step');

/** Notes that a step is reached. Costs nothing unless somebody listens. */
export function reached(step: Step): void {
  if (steps.hasSubscribers) steps.publish({ step, atNs: String(process.hrtime.bigint()) });
}

/** Logs each step with the machine's monotonic time, which other processes on it share. */
export function logSteps(logger: Logger): void {
  steps.subscribe((message) => logger.debug('step', message as { step: Step; atNs: string }));
}
