import { createHash } from 'node:crypto';

import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';

/** Gives JSON answers of GET a weak ETag and answers 304 to who has that already. Nothing is kept by caches. */
@Injectable()
export class Etag implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    void reply.header('cache-control', 'no-store');
    if (request.method !== 'GET' && request.method !== 'HEAD') return next.handle();
    return next.handle().pipe(
      map((body: unknown) => {
        if (reply.sent || body === undefined) return body;
        const etag = `W/"${createHash('sha1').update(JSON.stringify(body)).digest('base64url')}"`;
        void reply.header('etag', etag);
        if (!matches(request.headers['if-none-match'], etag)) return body;
        void reply.status(304);
        return undefined;
      }),
    );
  }
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((candidate) => candidate.trim().replace(/^(?!W\/)/, 'W/') === etag);
}
