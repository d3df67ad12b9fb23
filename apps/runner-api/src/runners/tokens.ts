import { randomToken } from '@crosstie/domain';
import type { Clock, CrosstieConfig } from '@crosstie/platform';

/** A runner's token. The nine characters that runners shorten it to are random too. */
export function newRunnerToken(): string {
  return randomToken('glrt-');
}

/** A job's token; runners mask whatever begins like this in logs. */
export function newJobToken(): string {
  return randomToken('glcbt-');
}

/** When a runner's token that is made now ends; null: never. Runners rotate theirs after three quarters of its life. */
export function runnerTokenEnd({ runnerTokenLifetimeMs }: CrosstieConfig, clock: Clock): Date | null {
  return runnerTokenLifetimeMs === null ? null : new Date(clock.ms() + runnerTokenLifetimeMs);
}
