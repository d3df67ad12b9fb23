import type { FastifyRequest } from 'fastify';

/** The token of a request: the first of header, Bearer and query that is there. */
export function presentedToken(request: Pick<FastifyRequest, 'headers' | 'query'>): string | null {
  const header = request.headers['private-token'];
  if (typeof header === 'string' && header !== '') return header;
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer) return bearer;
  const query = (request.query ?? {}) as Record<string, unknown>;
  for (const name of ['private_token', 'access_token']) {
    const value = query[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}
