import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits behind a prefix that says what it is. Shown once; only its hash is stored. */
export function randomToken(prefix: string): string {
  return `${prefix}${randomBytes(32).toString('base64url')}`;
}

/** What is stored of a random token. SHA-256 is enough for 256 random bits; a password would need more. */
export function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}
