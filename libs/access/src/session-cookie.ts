import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * The browser's session: 256 random bits in a cookie, their hash in a row. Behind https the name's prefix makes
 * browsers refuse a cookie that another host or path tries to plant.
 */
export function sessionCookieName(publicUrl: string): string {
  return publicUrl.startsWith('https:') ? '__Host-crosstie' : 'crosstie';
}

/** Reads the session's secret out of a `Cookie` header; null without one. */
export function readSessionCookie(header: string | undefined, publicUrl: string): string | null {
  const wanted = `${sessionCookieName(publicUrl)}=`;
  for (const part of header?.split(';') ?? []) {
    const pair = part.trim();
    if (pair.startsWith(wanted)) return pair.slice(wanted.length) || null;
  }
  return null;
}

/** The `Set-Cookie` line that gives a browser its session; an empty secret takes it away. */
export function sessionCookie(secret: string, publicUrl: string): string {
  const secure = publicUrl.startsWith('https:') ? '; Secure' : '';
  const life = secret === '' ? '; Max-Age=0' : '; Max-Age=604800';
  return `${sessionCookieName(publicUrl)}=${secret}; Path=/; HttpOnly; SameSite=Lax${life}${secure}`;
}

/**
 * What a page of this session sends along to show that it is ours. Made from the session's secret, from which
 * nobody gets back, so that nothing needs to be stored and each new session has another one.
 */
export function csrfTokenOf(sessionSecret: string): string {
  return createHash('sha256').update(`crosstie csrf ${sessionSecret}`).digest('base64url');
}

/** Whether a token was made for this session; in constant time. */
export function csrfHolds(sessionSecret: string, token: unknown): boolean {
  if (typeof token !== 'string' || token === '') return false;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(csrfTokenOf(sessionSecret)), digest(token));
}
