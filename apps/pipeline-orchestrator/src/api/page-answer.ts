import { CrosstieConfig } from '@crosstie/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';

import type { PageQuery } from './page-query.js';

/** Beyond so many rows the totals are left out, as GitLab does: counting them would cost more than the page. */
export const countedMax = 10_000;

/** One page of a list. */
export interface Page<T> {
  readonly items: T[];
  readonly number: number;
  readonly perPage: number;
  readonly hasNext: boolean;
  /** Null when there are too many to count. */
  readonly total: number | null;
}

/** Reads one page of a query that is ordered. */
export async function readPage<T extends ObjectLiteral>(
  query: SelectQueryBuilder<T>,
  { page, per_page: perPage }: PageQuery,
): Promise<Page<T>> {
  const rows = await query
    .clone()
    .offset((page - 1) * perPage)
    .limit(perPage + 1)
    .getMany();
  const total = await countUpTo(query, countedMax + 1);
  return {
    items: rows.slice(0, perPage),
    number: page,
    perPage,
    hasNext: rows.length > perPage,
    total: total > countedMax ? null : total,
  };
}

async function countUpTo<T extends ObjectLiteral>(query: SelectQueryBuilder<T>, most: number): Promise<number> {
  const limited = query.clone().select('1', 'one').orderBy().limit(most);
  const counted = await query.connection
    .createQueryBuilder()
    .select('count(*)::int', 'rows')
    .from(`(${limited.getQuery()})`, 'counted')
    .setParameters(limited.getParameters())
    .getRawOne<{ rows: number }>();
  return counted?.rows ?? 0;
}

/** A page of a list that is whole in memory. */
export function cutPage<T>(all: readonly T[], { page, per_page: perPage }: PageQuery): Page<T> {
  const from = (page - 1) * perPage;
  return {
    items: all.slice(from, from + perPage),
    number: page,
    perPage,
    hasNext: all.length > from + perPage,
    total: all.length,
  };
}

/** Says in the headers which page an answer is, in the form that GitLab's clients go on by. */
@Injectable()
export class PageAnswer {
  constructor(@Inject(CrosstieConfig) private readonly config: CrosstieConfig) {}

  describe(request: FastifyRequest, reply: FastifyReply, page: Page<unknown>): void {
    const { number, perPage, hasNext, total } = page;
    const pages = total === null ? null : Math.max(1, Math.ceil(total / perPage));
    void reply.headers({
      'x-page': String(number),
      'x-per-page': String(perPage),
      'x-next-page': hasNext ? String(number + 1) : '',
      'x-prev-page': number > 1 ? String(number - 1) : '',
      ...(total === null ? {} : { 'x-total': String(total), 'x-total-pages': String(pages) }),
      link: this.links(request.url, page, pages),
    });
  }

  // The server's own address, not the Host that a proxy passed on: clients warn about a foreign one.
  private links(url: string, { number, perPage, hasNext }: Page<unknown>, pages: number | null): string {
    const to = (page: number, rel: string) => {
      const address = new URL(url, this.config.url);
      address.searchParams.set('page', String(page));
      address.searchParams.set('per_page', String(perPage));
      return `<${address.href}>; rel="${rel}"`;
    };
    return [
      ...(number > 1 ? [to(number - 1, 'prev')] : []),
      ...(hasNext ? [to(number + 1, 'next')] : []),
      to(1, 'first'),
      ...(pages === null ? [] : [to(pages, 'last')]),
    ].join(', ');
  }
}
