import pg from 'pg';
import { DataSource } from 'typeorm';

import { entities } from '../entities.js';
import { migrations } from '../migrations/index.js';
import { readSafeInteger } from './safe-integer.js';

export interface DataSourceOptions {
  /** A postgres:// URL. */
  url: string;
  /** Shown in pg_stat_activity: the service's name. */
  applicationName: string;
  /** Connections at the most; 10 unless told. */
  poolSize?: number;
}

/**
 * Prepared statements keep the plan of the moment. One made while a table is nearly empty reads all of it, and
 * goes on doing so for up to a minute after the table has grown: a claim took 350 ms behind 200,000 entries
 * that arrived at once, and takes half a millisecond so. Every statement of ours has an index to go by.
 */
const planForGrowth = '-c enable_seqscan=off -c jit=off';

const bigintOid = 20;
const bigintArrayOid = 1016;

/** The driver's own parsers; it types the oids as an enum of those that it knows. */
const parserOf = pg.types.getTypeParser as (oid: number, format?: 'text' | 'binary') => (text: string) => unknown;

/** Numbers for bigints, so that rows of hand-written statements read like entities. */
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === bigintOid) return readSafeInteger;
    if (oid === bigintArrayOid) return readBigintArray;
    return parserOf(oid, format);
  },
};

function readBigintArray(text: string): (number | null)[] {
  if (text === '{}') return [];
  return text
    .slice(1, -1)
    .split(',')
    .map((item) => (item === 'NULL' ? null : readSafeInteger(item)));
}

/**
 * The data source of one process; not yet connected. A connection that cannot be had within two
 * seconds is an error (the caller answers 503), so that nothing piles up behind a slow database.
 */
export function createDataSource(options: DataSourceOptions): DataSource {
  return new DataSource({
    type: 'postgres',
    url: options.url,
    applicationName: options.applicationName,
    entities,
    migrations,
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    poolSize: options.poolSize ?? 10,
    extra: {
      types,
      connectionTimeoutMillis: 2000,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      statement_timeout: 30_000,
      idle_in_transaction_session_timeout: 30_000,
      options: planForGrowth,
    },
  });
}
