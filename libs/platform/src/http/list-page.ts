import { Inject, Injectable } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { CrosstieConfig } from '../configuration.js';
import { Problem } from '../problem.js';

const perPageDefault = 20;
/** GitLab's clients ask for more and are given this. */
const perPageMax = 100;
const pageMax = 1_000_000;
/** Four links of a longer address would be more than clients take as headers: Node's stop at 16 KiB. */
const linkedUrlMax = 2_000;
/** Of a longer address not even one link would be taken. */
const listUrlMax = 8_000;
/** Credentials of the query string; a header is logged by more programs than an address is. */
const tokenParameters = ['private_token', 'job_token', 'access_token'];

/** Which page of a list; a class of filters extends it. */
export class PageQuery {
  @Transform(({ value }) => whole(value))
  @IsInt()
  @Min(1)
  @Max(pageMax)
  page: number = 1;

  @Transform(({ value }) => Math.min(whole(value), perPageMax))
  @IsInt()
  @Min(1)
  per_page: number = perPageDefault;
}

function whole(value: unknown): number {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
}

/** `true`, `True`, `1`; Python's clients write a capital. Anything else stays as it is and is refused. */
export function asBoolean(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (/^(true|1)$/i.test(value)) return true;
  return /^(false|0)$/i.test(value) ? false : value;
}

/** One page of a list. */
export interface Page<T> {
  readonly items: T[];
  readonly number: number;
  readonly perPage: number;
  readonly hasNext: boolean;
  /** Null when nobody counted. */
  readonly total: number | null;
}

/** Beyond so many rows the totals are left out, as GitLab does: counting them would cost more than the page. */
const countedMax = 10_000;

/**
 * Reads a page with one row more, which tells whether another page follows.
 *
 * @param count the rows of the whole list, up to a number; clients that show "page 2 of 5" go by it
 */
export async function readPage<T>(
  { page, per_page: perPage }: PageQuery,
  read: (limit: number, offset: number) => Promise<T[]>,
  count?: (most: number) => Promise<number>,
): Promise<Page<T>> {
  const rows = await read(perPage + 1, (page - 1) * perPage);
  const counted = (await count?.(countedMax + 1)) ?? null;
  const total = counted !== null && counted > countedMax ? null : counted;
  return { items: rows.slice(0, perPage), number: page, perPage, hasNext: rows.length > perPage, total };
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

  /** Sets the headers. @returns what stands on the page */
  describe<T>(request: FastifyRequest, reply: FastifyReply, page: Page<T>): T[] {
    if (request.url.length > listUrlMax) throw new Problem(414, { message: '414 URI Too Long' }, 'uri_too_long');
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
    return page.items;
  }

  // The server's own address, not the Host that a proxy passed on: clients warn about a foreign one.
  private links(url: string, { number, perPage, hasNext }: Page<unknown>, pages: number | null): string {
    const to = (page: number, rel: string): string => {
      const address = new URL(url, this.config.url);
      for (const name of tokenParameters) address.searchParams.delete(name);
      address.searchParams.set('page', String(page));
      address.searchParams.set('per_page', String(perPage));
      return `<${address.href}>; rel="${rel}"`;
    };
    const next = hasNext ? [to(number + 1, 'next')] : [];
    if (url.length > linkedUrlMax) return next.join(', ');
    return [
      ...(number > 1 ? [to(number - 1, 'prev')] : []),
      ...next,
      to(1, 'first'),
      ...(pages === null ? [] : [to(pages, 'last')]),
    ].join(', ');
  }
}
