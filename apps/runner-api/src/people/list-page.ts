import { CrosstieConfig } from '@crosstie/platform';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Cuts a list into pages and says so in the headers that GitLab's clients go on by. */
@Injectable()
export class ListPage {
  constructor(private readonly config: CrosstieConfig) {}

  of<T>(
    all: readonly T[],
    { page, per_page: perPage }: { page: number; per_page: number },
    request: FastifyRequest,
    reply: FastifyReply,
  ): T[] {
    const pages = Math.max(1, Math.ceil(all.length / perPage));
    const link = (to: number, rel: string) => {
      // The server's own address: clients warn about the one that a proxy passed on.
      const address = new URL(request.url, this.config.url);
      address.searchParams.set('page', String(to));
      address.searchParams.set('per_page', String(perPage));
      return `<${address.href}>; rel="${rel}"`;
    };
    const around = [...(page > 1 ? [link(page - 1, 'prev')] : []), ...(page < pages ? [link(page + 1, 'next')] : [])];
    void reply.headers({
      'x-page': String(page),
      'x-per-page': String(perPage),
      'x-next-page': page < pages ? String(page + 1) : '',
      'x-prev-page': page > 1 ? String(page - 1) : '',
      'x-total': String(all.length),
      'x-total-pages': String(pages),
      link: [...around, link(1, 'first'), link(pages, 'last')].join(', '),
    });
    return all.slice((page - 1) * perPage, page * perPage);
  }
}
