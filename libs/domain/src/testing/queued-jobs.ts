import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import type { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { enqueueSql } from '../queue/enqueue.sql.js';
import { lanesFor } from '../queue/lanes-for.js';
import { recordManager } from '../runners/runner-managers.sql.js';
import { createRunner } from '../runners/create-runner.sql.js';

const enqueue = statement<[jobIds: readonly number[], laneId: number, epoch: number], { lane_id: number }>(
  'test_enqueue',
  { queue_entry: 'si', job: 'su' },
  `WITH runnable AS (
     UPDATE job SET lane_id = $2, status = 'pending' WHERE id = ANY ($1::bigint[])
     RETURNING id AS job_id, project_id, lane_id, $3::integer AS rights_epoch),
   ${enqueueSql('runnable')}
   SELECT lane_id FROM queued`,
);

/** Rows as the orchestrator leaves them, for tests of what runners do with them. */
export class QueuedJobs {
  private count = 0;

  constructor(readonly db: Database) {}

  async project(owner = 'acme'): Promise<number> {
    this.count += 1;
    const installation = await this.row(
      `INSERT INTO installation (host, github_installation_id, account_id, account_login, account_type)
       VALUES ('github.test', $1, $1, $2, 'Organization') RETURNING id`,
      [1000 + this.count, owner],
    );
    return this.row(
      `INSERT INTO project (host, github_repository_id, installation_id, full_name, default_branch)
       VALUES ('github.test', $1, $2, $3, 'main') RETURNING id`,
      [5000 + this.count, installation, `${owner}/widget-${this.count}`],
    );
  }

  /** A pipeline whose jobs are of one stage each, in order; none is queued yet. */
  async pipeline(projectId: number, jobs: readonly object[]): Promise<{ id: number; jobIds: number[] }> {
    this.count += 1;
    const id = await this.row(
      `INSERT INTO pipeline (iid, project_id, sha, before_sha, ref, status)
       VALUES ($1, $2, $3, repeat('0', 40), 'main', 'pending') RETURNING id`,
      [this.count, projectId, 'ab'.repeat(20)],
    );
    await this.db.pool.query(
      'INSERT INTO pipeline_definition (pipeline_id, attempt, part, body) VALUES ($1, 1, 1, $2)',
      [id, gzipSync(JSON.stringify(jobs))],
    );
    const jobIds: number[] = [];
    for (const [index, job] of jobs.entries()) {
      const name = 'name' in job ? String(job.name) : `job-${index}`;
      const jobId = await this.row(
        `INSERT INTO job (pipeline_id, project_id, index, name, stage, stage_index, status)
         VALUES ($1, $2, $3::integer, $4, 'stage-' || $3::integer, $3::integer, 'created') RETURNING id`,
        [id, projectId, index, name],
      );
      jobIds.push(jobId);
    }
    return { id, jobIds };
  }

  /** Queues jobs as the orchestrator does; returns their lane. */
  async queue(projectId: number, jobIds: readonly number[], tags: string[] = [], isProtected = false): Promise<number> {
    const [laneId] = await lanesFor(this.db, [{ projectId, protected: isProtected, tags }]);
    const project = await this.db.pool.query<{ rights_epoch: number }>(
      'SELECT rights_epoch FROM project WHERE id = $1',
      [projectId],
    );
    await this.db.run(enqueue, jobIds, laneId as number, project.rows[0]?.rights_epoch ?? 0);
    return laneId as number;
  }

  async runner(settings: { projectId?: number; tags?: string[]; runUntagged?: boolean; protectedOnly?: boolean } = {}) {
    const token = `glrt-${randomBytes(32).toString('base64url')}`;
    const tokenHash = createHash('sha256').update(token).digest();
    const now = new Date('2026-11-24T12:00:00Z');
    const [made] = await this.db.run(
      createRunner,
      settings.projectId ? 'project_type' : 'instance_type',
      null,
      settings.projectId ?? null,
      'a runner',
      null,
      settings.tags ?? [],
      settings.runUntagged ?? true,
      false,
      false,
      settings.protectedOnly ? 'ref_protected' : 'not_protected',
      null,
      tokenHash,
      null,
      now,
    );
    const id = made?.id as number;
    const [manager] = await this.db.run(
      recordManager,
      ...([id, 's_000000000000', null, null, null, null, null, null, now, 10, true] as const),
    );
    return { id, token, tokenHash, managerId: manager?.id as number };
  }

  private async row(sql: string, values: unknown[]): Promise<number> {
    const result = await this.db.pool.query<{ id: number }>(sql, values);
    return result.rows[0]?.id as number;
  }
}
