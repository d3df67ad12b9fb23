import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createDataSource, Database, migrate } from '@crosstie/domain';
import { type EmbeddedDatabase, startEmbeddedDatabase } from '@crosstie/embedded-database';
import pg from 'pg';

import type { Measured, Target } from './report.ts';

/** A benchmark, by the row of the targets that it is about. */
export interface Bench {
  /** Whether it is part of `--quick`. */
  quick: boolean;
  /** By the names of lines, without the bench: `variant`, `variant@size`. */
  targets: Record<string, Target>;
  run(ground: Ground): Promise<Measured[]>;
}

/** Database settings that a measurement needs: statements are counted by the server itself. */
const settings = [
  'shared_preload_libraries=pg_stat_statements',
  'pg_stat_statements.track_utility=off',
  'max_connections=300',
  'shared_buffers=512MB',
  'max_wal_size=4GB',
];

/** What a bench stands on: a PostgreSQL with fsync, a directory, and what is to be taken down after it. */
export class Ground {
  readonly directory: string;
  readonly quick: boolean;
  private readonly database: EmbeddedDatabase;
  private readonly cleanUps: (() => Promise<unknown>)[] = [];

  private constructor(database: EmbeddedDatabase, directory: string, quick: boolean) {
    this.database = database;
    this.directory = directory;
    this.quick = quick;
  }

  static async open(quick: boolean): Promise<Ground> {
    const directory = await mkdtemp(join(tmpdir(), 'crosstie-bench-'));
    const database = await startEmbeddedDatabase({ directory: join(directory, 'postgres'), fsync: true, settings });
    return new Ground(database, directory, quick);
  }

  /** The PostgreSQL server, as its owner. */
  get server(): string {
    return this.database.url;
  }

  /** Fewer rounds where it has to be quick. */
  rounds(full: number): number {
    return this.quick ? Math.ceil(full / 3) : full;
  }

  /** Has something done when the bench is over, the last one first. */
  after(cleanUp: () => Promise<unknown>): void {
    this.cleanUps.push(cleanUp);
  }

  async subdirectory(name: string): Promise<string> {
    const path = join(this.directory, name);
    await mkdir(path, { recursive: true });
    return path;
  }

  /** An empty database. @returns its URL */
  async emptyDatabase(name: string): Promise<string> {
    const client = await this.client(this.server);
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${name}`);
    const url = new URL(this.server);
    url.pathname = `/${name}`;
    return url.href;
  }

  /** A database of Crosstie, with its hot statements at hand. */
  async crosstieDatabase(name: string, poolSize = 10): Promise<Database> {
    const url = await this.emptyDatabase(name);
    const dataSource = createDataSource({ url, applicationName: 'bench', poolSize });
    await dataSource.initialize();
    this.after(() => dataSource.destroy());
    await migrate(dataSource);
    return new Database(dataSource);
  }

  /** A connection of its own, closed after the bench. */
  async client(url: string): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url });
    // It ends with its database, which may be dropped by force.
    client.on('error', () => undefined);
    await client.connect();
    this.after(() => client.end());
    return client;
  }

  /** One row more, with autocommit: what everything that stores something is held against. */
  async bareCommit(url: string): Promise<() => Promise<unknown>> {
    const client = await this.client(url);
    await client.query('CREATE TABLE IF NOT EXISTS bare (id bigint GENERATED ALWAYS AS IDENTITY, body text)');
    return () => client.query({ name: 'bare', text: 'INSERT INTO bare (body) VALUES ($1)', values: ['x'] });
  }

  async postgresVersion(): Promise<string> {
    const { rows } = await (await this.client(this.server)).query<{ server_version: string }>('SHOW server_version');
    return rows[0]?.server_version ?? '';
  }

  /** Takes down what the bench has put up. */
  async clear(): Promise<void> {
    for (const cleanUp of this.cleanUps.splice(0).reverse()) await cleanUp();
  }

  async close(): Promise<void> {
    await this.clear().catch(() => undefined);
    await this.database.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
