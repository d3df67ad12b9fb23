import { createHash, randomBytes } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Letters and digits, as in GitHub's older token forms. */
export function randomText(length: number): string {
  let text = '';
  for (const byte of randomBytes(length)) text += alphabet[byte % alphabet.length];
  return text;
}

export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/** An installation token as GitHub makes them since 2026: `ghs_APPID_JWT`, about 520 characters. */
export function installationTokenValue(appId: number, installationId: number, issuedAtS: number): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = encode({ alg: 'RS256', typ: 'JWT', kid: 's2s' });
  const claims = encode({ iat: issuedAtS, exp: issuedAtS + 3600, inst: installationId, jti: randomHex(16) });
  // Nobody may look inside, so the signature is only as long as a real one.
  return `ghs_${appId}_${header}.${claims}.${randomBytes(256).toString('base64url')}`;
}

/** GitHub's `hashed_token` and `token_last_eight` of a user token. */
export function tokenFingerprint(value: string): { hashed: string; lastEight: string } {
  return { hashed: createHash('sha256').update(value).digest('hex'), lastEight: value.slice(-8) };
}
