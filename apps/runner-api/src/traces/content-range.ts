import { BadRequest } from '@crosstie/platform';

/**
 * Where a piece of log begins. Only the start counts: some runners send an end that is one too far.
 * Throws BadRequest when the header is missing or is not two plain numbers.
 */
export function startOf(contentRange: string | undefined): number {
  const match = /^(\d{1,16})-(\d{1,16})$/.exec(contentRange ?? '');
  const start = Number(match?.[1] ?? Number.NaN);
  if (!match || !Number.isSafeInteger(start)) {
    throw new BadRequest('Content-Range is missing or is not START-END', 'content_range');
  }
  return start;
}
