import { createHash, randomBytes } from 'node:crypto';

/** A runner's token: 256 random bits. The nine characters that runners shorten it to are random too. */
export function newRunnerToken(): string {
  return `glrt-${randomBytes(32).toString('base64url')}`;
}

/** A job's token; runners mask whatever begins like this in logs. */
export function newJobToken(): string {
  return `glcbt-${randomBytes(32).toString('base64url')}`;
}

/** What the database knows of a token. Looked up by an index, so that no comparison leaks its timing. */
export function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
