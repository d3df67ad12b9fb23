import type { FastifyReply, FastifyRequest } from 'fastify';
import { Transform } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';

const perPageMax = 100;

/** Which page of a list; more than a hundred rows are cut to a hundred, as GitLab does. */
export class ListQuery {
  @Transform(({ value }) => whole(value))
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  page: number = 1;

  @Transform(({ value }) => Math.min(whole(value), perPageMax))
  @IsInt()
  @Min(1)
  per_page: number = 20;
}

function whole(value: unknown): number {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
}

/**
 * Reads one page, with one row more to see whether there is another, and says so in the headers that GitLab's
 * clients go on by. `Link` names the server's own address, whatever Host a proxy passed on.
 */
export async function answerPage<T>(
  http: { request: FastifyRequest; reply: FastifyReply; publicUrl: string },
  { page, per_page: perPage }: ListQuery,
  read: (limit: number, offset: number) => Promise<T[]>,
): Promise<T[]> {
  const rows = await read(perPage + 1, (page - 1) * perPage);
  const more = rows.length > perPage;
  const to = (number: number, rel: string): string => {
    const url = new URL(http.request.url, http.publicUrl);
    url.searchParams.set('page', String(number));
    url.searchParams.set('per_page', String(perPage));
    return `<${url.href}>; rel="${rel}"`;
  };
  const links = [page > 1 ? to(page - 1, 'prev') : '', more ? to(page + 1, 'next') : '', to(1, 'first')];
  void http.reply.headers({
    'x-page': String(page),
    'x-per-page': String(perPage),
    'x-next-page': more ? String(page + 1) : '',
    'x-prev-page': page > 1 ? String(page - 1) : '',
    link: links.filter(Boolean).join(', '),
  });
  return rows.slice(0, perPage);
}
