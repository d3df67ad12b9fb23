import { verify } from 'node:crypto';
import { GitHubError } from '../http/github-error.js';
import type { App } from '../state/model.js';
import type { Store } from '../state/store.js';

const lifetimeMaxS = 600;
/** GitHub's own clocks differ a little. */
const leewayS = 5;

function decode(part: string | undefined): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

const refused = (message: string): GitHubError => new GitHubError(401, message);

/** The App behind a JWT, checked as GitHub checks it: RS256, `iat` past, `exp` within ten minutes. */
export function appOfJwt(store: Store, jwt: string, nowMs: number): App {
  const [header, claims, signature] = jwt.split('.');
  const parsedHeader = decode(header);
  const parsedClaims = decode(claims);
  if (!parsedHeader || !parsedClaims || !signature || parsedHeader['alg'] !== 'RS256') {
    throw refused('A JSON web token could not be decoded');
  }
  const app = appOfIssuer(store, parsedClaims['iss']);
  if (!app) throw new GitHubError(404, 'Integration not found');
  const signed = Buffer.from(`${header}.${claims}`);
  if (!verify('RSA-SHA256', signed, app.publicKey, Buffer.from(signature, 'base64url'))) {
    throw refused('A JSON web token could not be decoded');
  }
  checkTimes(parsedClaims, nowMs / 1000);
  return app;
}

function appOfIssuer(store: Store, issuer: unknown): App | undefined {
  if (typeof issuer !== 'string' && typeof issuer !== 'number') return undefined;
  return store.apps.get(Number(issuer)) ?? store.appByClientId(String(issuer));
}

function checkTimes(claims: Record<string, unknown>, nowS: number): void {
  const { iat, exp } = claims;
  if (typeof iat !== 'number' || !Number.isInteger(iat) || iat > nowS + leewayS) {
    throw refused("'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued");
  }
  if (typeof exp !== 'number' || exp <= nowS - leewayS) {
    throw refused(
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  }
  if (exp > nowS + lifetimeMaxS + leewayS) throw refused("'Expiration time' claim ('exp') is too far in the future");
}
