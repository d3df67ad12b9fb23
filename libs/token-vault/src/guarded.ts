import { redactValue, type Secret } from '@crosstie/platform';

/** The same secret; from here on its text does not get into a log, whoever prints what holds it. */
export function guarded(secret: Secret): Secret {
  redactValue(secret.reveal());
  return secret;
}
