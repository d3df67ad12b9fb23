import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

import { createAccessToken, createUser } from '@crosstie/domain';
import { attachBus } from '@crosstie/messaging';
import { startService } from '@crosstie/platform';
import { testContext, type TestContext } from '@crosstie/testkit';
import type { DynamicModule } from '@nestjs/common';

import { ActionsModule } from '../../actions/actions.module.js';
import { IntakeModule } from '../../intake/intake.module.js';
import { LintModule } from '../../lint/lint.module.js';
import { PipelinesModule } from '../../pipelines/pipelines.module.js';
import { ApiModule } from '../api.module.js';

/** Answers of the REST API to one person. */
export interface Asker {
  readonly userId: number;
  readonly token: string;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body?: unknown): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // oxlint-disable-next-line no-unnecessary-type-parameters -- a test names the type of its answer
  json<T>(): T;
}

/** Without the recovery of deliveries, which would ask a GitHub that is not there. */
function orchestrator(context: TestContext): DynamicModule {
  const [intake, pipelines] = [IntakeModule.register(context), PipelinesModule.register(context)];
  const actions = ActionsModule.register(context, [intake, pipelines]);
  const api = ApiModule.register(context, [actions, LintModule.register(context, intake)]);
  return { module: class Orchestrator {}, imports: [intake, pipelines, actions, api] };
}

/** The orchestrator alone on a database of its own, and rows as its other modules and services leave them. */
export class ApiHouse {
  private count = 0;

  private constructor(
    readonly url: string,
    readonly context: TestContext,
    private readonly end: () => Promise<void>,
  ) {}

  static async start(): Promise<ApiHouse> {
    const objects = await mkdtemp(join(tmpdir(), 'crosstie-objects-'));
    const context = await testContext({
      services: ['pipeline-orchestrator'],
      config: { objectStore: pathToFileURL(objects).href },
    });
    const service = await startService({
      name: 'pipeline-orchestrator',
      module: orchestrator(context),
      config: context.config,
      logger: context.logger,
      ownsProcess: false,
      prepare: (app) => attachBus(app, context, ['pipeline-orchestrator']),
      onStopped: async () => {
        await context.stop();
        await rm(objects, { recursive: true, force: true });
      },
    });
    return new ApiHouse(service.url, context, () => service.stop());
  }

  stop(): Promise<void> {
    return this.end();
  }

  /** A person with a token, and with explicit roles in projects. */
  async person(
    levels: Record<number, number> = {},
    options: { admin?: boolean; scopes?: string[] } = {},
  ): Promise<Asker> {
    this.count += 1;
    const user = await createUser(this.context.database, { username: `p${this.count}`, name: `Person ${this.count}` });
    if (!user) throw new Error('taken');
    if (options.admin) await this.rows('UPDATE user_account SET is_admin = true WHERE id = $1', [user.id]);
    for (const [projectId, level] of Object.entries(levels)) {
      await this.rows('INSERT INTO membership (user_id, project_id, access_level) VALUES ($1, $2, $3)', [
        user.id,
        Number(projectId),
        level,
      ]);
    }
    const { token } = await createAccessToken(this.context.database, {
      userId: user.id,
      name: 'test',
      scopes: options.scopes ?? ['api'],
      expiresAt: new Date(this.context.clock.ms() + 3_600_000),
    });
    return this.asker(user.id, token);
  }

  asker(userId: number, token: string): Asker {
    const ask = async (path: string, init: RequestInit): Promise<Answer> => {
      const answer = await fetch(`${this.url}${path}`, { redirect: 'manual', ...init });
      const text = await answer.text();
      // oxlint-disable-next-line no-unnecessary-type-parameters -- a test names the type of its answer
      return { status: answer.status, headers: answer.headers, text, json: <T>() => JSON.parse(text) as T };
    };
    return {
      userId,
      token,
      get: (path, headers = {}) => ask(path, { headers: { 'private-token': token, ...headers } }),
      post: (path, body = {}) =>
        ask(path, {
          method: 'POST',
          headers: { 'private-token': token, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
    };
  }

  async project(fullName: string): Promise<number> {
    this.count += 1;
    const [installation] = await this.rows(
      `INSERT INTO installation (host, github_installation_id, account_id, account_login, account_type)
       VALUES ('github.test', $1, $1, 'acme', 'Organization') RETURNING id`,
      [1000 + this.count],
    );
    const [project] = await this.rows(
      `INSERT INTO project (host, github_repository_id, installation_id, full_name, default_branch)
       VALUES ('github.test', $1, $2, $3, 'main') RETURNING id`,
      [5000 + this.count, installation?.id ?? 0, fullName],
    );
    return project?.id ?? 0;
  }

  /** Links a person's GitHub account, with terms and seat, as the linker does. */
  async link(userId: number): Promise<void> {
    await this.rows(
      `INSERT INTO identity (user_id, host, github_user_id, login) VALUES ($1, 'github.test', $2::bigint, 'gh' || $2::bigint)`,
      [userId, 9000 + userId],
    );
    await this.rows(`INSERT INTO terms_version (version, body) VALUES (1, 'x') ON CONFLICT DO NOTHING`, []);
    await this.rows(`INSERT INTO acceptance (user_id, version) SELECT $1, max(version) FROM terms_version`, [userId]);
    await this.rows('INSERT INTO seat (user_id) VALUES ($1)', [userId]);
  }

  async pipeline(projectId: number, row: Record<string, unknown> = {}): Promise<number> {
    this.count += 1;
    const values: Record<string, unknown> = {
      iid: this.count,
      project_id: projectId,
      sha: this.count.toString(16).padStart(40, '0'),
      before_sha: '0'.repeat(40),
      ref: 'main',
      status: 'success',
      sender_login: 'kim',
      commit: JSON.stringify({
        title: 'A title',
        message: 'A title\n\nmore',
        authorName: 'Kim',
        authorEmail: 'k@x.test',
      }),
      ...row,
    };
    return this.insert('pipeline', values);
  }

  async job(pipelineId: number, row: Record<string, unknown> = {}): Promise<number> {
    this.count += 1;
    const [pipeline] = await this.rows<{ project_id: number }>('SELECT project_id FROM pipeline WHERE id = $1', [
      pipelineId,
    ]);
    return this.insert('job', {
      pipeline_id: pipelineId,
      project_id: pipeline?.project_id,
      index: this.count,
      name: `job-${this.count}`,
      stage: 'test',
      stage_index: 0,
      status: 'success',
      ...row,
    });
  }

  /** Adds pieces to a job's log as runner-api does. */
  async log(jobId: number, ...pieces: string[]): Promise<void> {
    for (const piece of pieces) {
      const bytes = Buffer.from(piece);
      const [trace] = await this.rows<{ size: number }>(
        `INSERT INTO trace (job_id, size) VALUES ($1, $2)
         ON CONFLICT (job_id) DO UPDATE SET size = trace.size + $2 RETURNING size`,
        [jobId, bytes.length],
      );
      await this.rows('INSERT INTO trace_chunk (job_id, "offset", length, body) VALUES ($1, $2, $3, $4)', [
        jobId,
        (trace?.size ?? 0) - bytes.length,
        bytes.length,
        gzipSync(bytes),
      ]);
    }
  }

  async rows<T extends { id: number } | object = { id: number }>(sql: string, values: unknown[]): Promise<T[]> {
    return (await this.context.database.pool.query(sql, values)).rows as T[];
  }

  async insert(table: string, values: Record<string, unknown>): Promise<number> {
    const columns = Object.keys(values);
    const [row] = await this.rows(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((_, i) => `$${i + 1}`).join(', ')}) RETURNING id`,
      Object.values(values),
    );
    return row?.id ?? 0;
  }
}
