import { channel } from 'node:diagnostics_channel';

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

/** A step and the machine's monotonic time, which other processes on it share. */
export interface ReachedStep extends Record<string, unknown> {
  step: Step;
  atNs: string;
}

const steps = channel('crosstie.step');

/** Notes that a step is reached. Costs nothing unless somebody listens. */
export function reached(step: Step): void {
  if (steps.hasSubscribers) steps.publish({ step, atNs: String(process.hrtime.bigint()) } satisfies ReachedStep);
}

/** Hears of each step from now on, as long as the process lives. */
export function onStep(hear: (reached: ReachedStep) => void): void {
  steps.subscribe((message) => hear(message as ReachedStep));
}
