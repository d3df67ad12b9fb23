import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { claimJob, type Database, enqueueSql, fittingLanes, LaneMarks, lanesFor } from '@crosstie/domain';

import type { Ground } from './ground.ts';

const definition = gzipSync(
  JSON.stringify(Array.from({ length: 32 }, (_, at) => ({ name: `job-${at}`, script: [`echo ${at}`] }))),
);
const now = new Date('2026-11-24T12:00:00Z');
/** Where ranks begin, and where they begin again. */
const micros = '(extract(epoch FROM clock_timestamp()) * 1000000)::bigint';

/**
 * A database of Crosstie with as many waiting jobs as wanted, and a runner that takes them by the statement that
 * runner-api uses. Rows come straight from SQL: a million pushes would take hours.
 */
export class BenchQueue {
  readonly db: Database;
  private runner = { id: 0, managerId: 0, tokenHash: Buffer.alloc(32) };
  private laneIds: number[] = [];
  private readonly marks = new LaneMarks();

  private constructor(db: Database) {
    this.db = db;
  }

  static async make(ground: Ground, name: string, poolSize = 10): Promise<BenchQueue> {
    const queue = new BenchQueue(await ground.crosstieDatabase(name, poolSize));
    await queue.addRunner();
    return queue;
  }

  /** A project with a pipeline of its own. */
  async project(n: number): Promise<{ projectId: number; pipelineId: number }> {
    const projectId = await this.idOf(
      `WITH i AS (INSERT INTO installation (host, github_installation_id, account_id, account_login, account_type)
         VALUES ('github.test', $1::bigint, $1::bigint, 'acme', 'Organization') RETURNING id)
       INSERT INTO project (host, github_repository_id, installation_id, full_name, default_branch)
       SELECT 'github.test', $1::bigint, i.id, 'acme/widget-' || $1::bigint, 'main' FROM i RETURNING id`,
      [n],
    );
    const pipelineId = await this.idOf(
      `WITH p AS (INSERT INTO pipeline (iid, project_id, sha, before_sha, ref, status)
         VALUES (1, $1, repeat('ab', 20), repeat('0', 40), 'main', 'running') RETURNING id),
       d AS (INSERT INTO pipeline_definition (pipeline_id, attempt, part, body) SELECT p.id, 1, 1, $2 FROM p)
       SELECT p.id FROM p`,
      [projectId, definition],
    );
    return { projectId, pipelineId };
  }

  /** Jobs in the lane of their tags, each one rank behind the one before. */
  async fill(project: { projectId: number; pipelineId: number }, jobs: number, tags: string[] = []): Promise<void> {
    const [laneId] = await lanesFor(this.db, [{ projectId: project.projectId, protected: false, tags }]);
    await this.long(
      `WITH base AS (SELECT coalesce(max(index), -1) + 1 AS index FROM job WHERE pipeline_id = $1),
       last AS (SELECT coalesce(max(rank), ${micros}) AS rank FROM queue_entry WHERE lane_id = $4),
       j AS (INSERT INTO job (pipeline_id, project_id, index, name, stage, stage_index, status, lane_id, queued_at)
         SELECT $1, $2, base.index + n, 'job-' || n, 'test', 0, 'pending', $4, now()
         FROM base, generate_series(0, $3::integer - 1) AS n RETURNING id)
       INSERT INTO queue_entry (job_id, lane_id, rank, project_id)
       SELECT j.id, $4, last.rank + row_number() OVER (ORDER BY j.id), $2 FROM j, last`,
      [project.pipelineId, project.projectId, jobs, laneId ?? 0],
    );
    this.laneIds = await this.fitting();
  }

  /** Jobs as the orchestrator queues them: their ranks are given by the statement that it uses. */
  async enqueue(project: { projectId: number; pipelineId: number }, jobs: number): Promise<void> {
    const [laneId] = await lanesFor(this.db, [{ projectId: project.projectId, protected: false, tags: [] }]);
    await this.long(
      `WITH j AS (INSERT INTO job (pipeline_id, project_id, index, name, stage, stage_index, status, lane_id, queued_at)
         SELECT $1, $2, n, 'job-' || n, 'test', 0, 'pending', $4, now()
         FROM generate_series(0, $3::integer - 1) AS n RETURNING id),
       runnable AS (SELECT j.id AS job_id, $2::bigint AS project_id, $4::bigint AS lane_id, 0 AS rights_epoch FROM j),
       ${enqueueSql('runnable')}
       SELECT count(*) FROM queued`,
      [project.pipelineId, project.projectId, jobs, laneId ?? 0],
    );
    this.laneIds = await this.fitting();
  }

  /** As autovacuum leaves the tables. */
  async settle(): Promise<void> {
    await this.long('VACUUM ANALYZE job, queue_entry, outbox_event, pipeline, project', []);
  }

  /** Lets the runner take jobs of these tags alone. */
  async takeOnly(tags: string[]): Promise<void> {
    const { rows } = await this.db.pool.query<{ id: number }>('SELECT id FROM lane WHERE tags = $1', [tags]);
    this.laneIds = rows.map(({ id }) => id);
  }

  /** Whether commits wait for the disk, on every connection there is. */
  async waitForDisk(synced: boolean): Promise<void> {
    const { pool } = this.db;
    const clients = await Promise.all(Array.from({ length: pool.totalCount || 1 }, () => pool.connect()));
    for (const client of clients) {
      await client.query(`SET synchronous_commit = ${synced ? 'on' : 'off'}`);
      client.release();
    }
  }

  /** One claim, as runner-api makes it. @returns the job's project, or null when there was none */
  async claim(): Promise<number | null> {
    const { id, managerId, tokenHash } = this.runner;
    const token = createHash('sha256').update(randomBytes(16)).digest();
    const begin = this.marks.begin(this.laneIds);
    const given = [managerId, token, true, now] as const;
    const job = await this.db.first(claimJob, id, tokenHash, 1, this.laneIds, ...given, begin.ranks);
    if (job) this.marks.note(this.laneIds, begin, job.lane_id, job.rank);
    return job?.given ? job.project_id : null;
  }

  /** Puts every job that is out back behind the others, so that the next round finds as many. */
  async putBack(): Promise<void> {
    await this.long(
      `WITH back AS (
         UPDATE job SET status = 'pending', token_hash = NULL, assigned_at = NULL, started_at = NULL
         WHERE status = 'running' RETURNING id, lane_id, project_id)
       INSERT INTO queue_entry (job_id, lane_id, rank, project_id)
       SELECT back.id, back.lane_id, ${micros} + row_number() OVER (), back.project_id FROM back`,
      [],
    );
    await this.long('TRUNCATE outbox_event', []);
  }

  /** Pages that one claim touches, as far as the lane was emptied before; the claim is undone. */
  async pagesOfClaim(): Promise<number> {
    const client = await this.db.pool.connect();
    try {
      await client.query('BEGIN');
      const { id, managerId, tokenHash } = this.runner;
      const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
        `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ${claimJob.text}`,
        [
          id,
          tokenHash,
          1,
          this.laneIds,
          managerId,
          createHash('sha256').update(randomBytes(16)).digest(),
          true,
          now,
          this.marks.begin(this.laneIds).ranks,
        ],
      );
      const plan = rows[0]?.['QUERY PLAN'][0].Plan ?? {};
      return (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  }

  private async addRunner(): Promise<void> {
    const tokenHash = createHash('sha256').update(randomBytes(16)).digest();
    const id = await this.idOf(
      `INSERT INTO runner (runner_type, token_hash, run_untagged, tags) VALUES ('instance_type', $1, true, '{}')
       RETURNING id`,
      [tokenHash],
    );
    const managerId = await this.idOf(
      `INSERT INTO runner_manager (runner_id, system_id) VALUES ($1, 's_bench') RETURNING id`,
      [id],
    );
    this.runner = { id, managerId, tokenHash };
  }

  private async fitting(): Promise<number[]> {
    const [fit] = await this.db.run(fittingLanes, [this.runner.id]);
    return fit?.lane_ids ?? [];
  }

  private async idOf(sql: string, values: unknown[]): Promise<number> {
    const { rows } = await this.db.pool.query<{ id: number }>(sql, values);
    return rows[0]?.id ?? 0;
  }

  /** What takes longer than a service may. */
  private async long(sql: string, values: unknown[]): Promise<void> {
    const client = await this.db.pool.connect();
    try {
      await client.query('SET statement_timeout = 0');
      await client.query(sql, values);
      await client.query('RESET statement_timeout');
    } finally {
      client.release();
    }
  }
}
