import pg from 'pg';
import type { DataSource } from 'typeorm';

import type { Parameter, Statement } from './statement.js';
import { throughConflicts } from './through-conflicts.js';

/** How many statements and commits went to PostgreSQL, for the counts of what a pipeline costs. */
export interface DatabaseCounts {
  statements: number;
  commits: number;
  byName: Map<string, number>;
  /** Commits of single statements that wrote by their names, of transactions under `transaction`. */
  commitsByName: Map<string, number>;
}

/** Runs statements: the pool itself (each its own commit) or one open transaction. */
export interface Queryable {
  run<P extends readonly Parameter[], R>(statement: Statement<P, R>, ...parameters: P): Promise<R[]>;
}

/**
 * The hot path to PostgreSQL: named prepared statements on the data source's own pool.
 * Entities, migrations and reads for people go through `dataSource`.
 */
export class Database implements Queryable {
  readonly counts: DatabaseCounts = { statements: 0, commits: 0, byName: new Map(), commitsByName: new Map() };

  constructor(readonly dataSource: DataSource) {}

  /** The pool under the data source. */
  get pool(): pg.Pool {
    return (this.dataSource.driver as unknown as { master: pg.Pool }).master;
  }

  /** One statement in a commit of its own; once more where it lost against another transaction. */
  async run<P extends readonly Parameter[], R>(statement: Statement<P, R>, ...parameters: P): Promise<R[]> {
    const { rows, rowCount } = await throughConflicts(() => {
      this.count(statement);
      return execute(this.pool, statement, parameters);
    });
    // One that found nothing to do has nothing to commit.
    if (rowCount && writes(statement)) this.countCommit(statement.name);
    return rows;
  }

  /** The first row, or null. */
  async first<P extends readonly Parameter[], R>(statement: Statement<P, R>, ...parameters: P): Promise<R | null> {
    return (await this.run(statement, ...parameters))[0] ?? null;
  }

  /**
   * Several statements in one transaction. Rolls back when `work` throws. A connection that fails to
   * roll back is thrown away, never handed to the next one.
   *
   * `work` runs again where PostgreSQL broke the transaction off in favour of another one, so whatever it does
   * besides its statements must bear that; who cannot takes `transactionOnce`.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return throughConflicts(() => this.transactionOnce(work));
  }

  /** For work that tells others what cannot be taken back, such as GitHub: a lost conflict is its caller's error. */
  async transactionOnce<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    // A connection that ends between two statements tells it by an event, which nobody else hears while it is ours.
    const onError = (error: Error): void => void (broken = error);
    client.on('error', onError);
    try {
      await client.query('BEGIN');
      const result = await work(new Transaction(client, (statement) => this.count(statement)));
      await client.query('COMMIT');
      this.countCommit('transaction');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((failure: unknown) => {
        broken ??= failure instanceof Error ? failure : new Error('ROLLBACK failed');
      });
      throw error;
    } finally {
      client.release(broken);
      // The pool listens again by now, where it keeps the connection; what is thrown away may still say something.
      if (!broken) client.removeListener('error', onError);
    }
  }

  private countCommit(name: string): void {
    this.counts.commits += 1;
    this.counts.commitsByName.set(name, (this.counts.commitsByName.get(name) ?? 0) + 1);
  }

  private count(statement: { name: string }): void {
    this.counts.statements += 1;
    this.counts.byName.set(statement.name, (this.counts.byName.get(statement.name) ?? 0) + 1);
  }
}

/** Statements on the one connection of an open transaction. */
export class Transaction implements Queryable {
  constructor(
    readonly client: pg.PoolClient,
    private readonly count: (statement: { name: string }) => void,
  ) {}

  async run<P extends readonly Parameter[], R>(statement: Statement<P, R>, ...parameters: P): Promise<R[]> {
    this.count(statement);
    return (await execute(this.client, statement, parameters)).rows;
  }

  async first<P extends readonly Parameter[], R>(statement: Statement<P, R>, ...parameters: P): Promise<R | null> {
    return (await this.run(statement, ...parameters))[0] ?? null;
  }
}

async function execute<P extends readonly Parameter[], R>(
  target: pg.Pool | pg.PoolClient,
  statement: Statement<P, R>,
  parameters: P,
): Promise<{ rows: R[]; rowCount: number | null }> {
  const result = await target.query({ name: statement.name, text: statement.text, values: [...parameters] });
  return { rows: result.rows as R[], rowCount: result.rowCount };
}

function writes(statement: { tables: Readonly<Record<string, string>> }): boolean {
  return Object.values(statement.tables).some((use) => /[iud]/.test(use));
}
