import { type Page, type PageQuery, readPage } from '@crosstie/platform';
import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';

/** Reads one page of a query that is ordered. */
export function pageOf<T extends ObjectLiteral>(query: SelectQueryBuilder<T>, wanted: PageQuery): Promise<Page<T>> {
  return readPage(
    wanted,
    (limit, offset) => query.clone().offset(offset).limit(limit).getMany(),
    (most) => countUpTo(query, most),
  );
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
