import { createSign } from 'node:crypto';
import type { Clock } from '@crosstie/platform';
import { Secret } from '@crosstie/platform';

// A minute back and nine ahead: GitHub refuses an `exp` more than ten minutes ahead of its own clock.
const backSeconds = 60;
const aheadSeconds = 540;

export interface AppIdentity {
  /** The client id, or the App's number. */
  readonly issuer: string;
  /** PEM. */
  readonly privateKey: Secret;
}

/** Signs the token with which an App speaks for itself. Throws where the key cannot be read, without showing it. */
export function signAppJwt(app: AppIdentity, clock: Clock): { jwt: Secret; expiresAt: Date } {
  const now = Math.floor(clock.ms() / 1000);
  const claims = { iat: now - backSeconds, exp: now + aheadSeconds, iss: app.issuer };
  const signed = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`;
  const signature = sign(signed, app.privateKey);
  return { jwt: new Secret(`${signed}.${signature}`), expiresAt: new Date(claims.exp * 1000) };
}

function sign(text: string, key: Secret): string {
  try {
    return createSign('RSA-SHA256').update(text).sign(key.reveal(), 'base64url');
  } catch {
    throw new Error("The App's private key cannot be used to sign: it must be an RSA key in PEM form");
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
