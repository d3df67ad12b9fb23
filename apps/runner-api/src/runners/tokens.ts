import { randomToken } from '@crosstie/domain';

/** A runner's token. The nine characters that runners shorten it to are random too. */
export function newRunnerToken(): string {
  return randomToken('glrt-');
}

/** A job's token; runners mask whatever begins like this in logs. */
export function newJobToken(): string {
  return randomToken('glcbt-');
}
