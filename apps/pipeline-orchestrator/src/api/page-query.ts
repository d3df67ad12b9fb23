import { Transform } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';

const perPageDefault = 20;
/** GitLab's clients ask for more and are given this. */
export const perPageMax = 100;
const pageMax = 1_000_000;

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

/** `scope[]=a&scope[]=b`, `scope=a&scope=b` and `scope=a` as a list. */
export function asList(value: unknown): unknown {
  if (value === undefined || value === '') return undefined;
  return Array.isArray(value) ? value : [value];
}

/** `true`, `True`, `1`; Python's clients write a capital. Anything else stays as it is and is refused. */
export function asBoolean(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (/^(true|1)$/i.test(value)) return true;
  return /^(false|0)$/i.test(value) ? false : value;
}

/** A moment of ISO 8601, or what was given, to be refused. */
export function asMoment(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const moment = new Date(value);
  return Number.isNaN(moment.getTime()) ? value : moment;
}
