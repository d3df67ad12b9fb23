import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';

import { createRunner, lanesFor, tokenHash } from '@crosstie/domain';
import { attachBus } from '@crosstie/messaging';
import { type ConfigValues, startService } from '@crosstie/platform';
import { TokenClientModule } from '@crosstie/token-vault';
import { ContextModule } from '@crosstie/messaging';
import { testContext } from '@crosstie/testkit';

import { RunnerApiModule } from '../runner-api.module.js';
import { newRunnerToken } from '../runners/tokens.js';
import { cloneAuthority, CloneAuthorityController } from './clone-authority.js';

/** A job as a test sketches it; the rest is filled in. */
export interface JobSketch {
  name?: string;
  script?: string[];
  after_script?: string[];
  needs?: { job: string; artifacts: boolean; optional: boolean }[] | null;
  dependencies?: string[] | null;
  artifacts?: object | null;
  variables?: object[];
  timeout?: number | null;
  when?: string;
  parallel?: { index: number; total: number } | null;
  hooks?: object | null;
  cache?: object[];
  run?: object[];
  image?: object | null;
}

/** As the orchestrator stores them. */
const jobsPerPart = 32;

export type RunnerStage = Awaited<ReturnType<typeof startRunnerStage>>;

/** runner-api on a database of its own, with a token authority beside it. */
export async function startRunnerStage(values: Partial<ConfigValues> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'runner-api-'));
  const context = await testContext({ config: { objectStore: pathToFileURL(directory).href, ...values } });
  Object.assign(cloneAuthority, { refusal: null, lifeMs: 3_600_000, made: [] });
  const authority = {
    module: class AuthorityModule {},
    imports: [ContextModule.of(context), TokenClientModule.of(context)],
    controllers: [CloneAuthorityController],
  };
  const both = { module: class BothModule {}, imports: [RunnerApiModule.register(context), authority] };
  const service = await startService({
    name: 'runner-api',
    module: both,
    config: context.config,
    logger: context.logger,
    ownsProcess: false,
    prepare: (app) => attachBus(app, context, ['runner-api', 'identity-linker']),
  });
  const { database, clock } = context;
  let count = 0;
  const replicas: { url: string; stop(): Promise<unknown> }[] = [];

  const row = async (sql: string, ...parameters: unknown[]): Promise<number> => {
    const result = await database.pool.query<{ id: number }>(sql, parameters);
    return result.rows[0]?.id as number;
  };

  const stage = {
    url: service.url,
    app: service.app,
    context,
    database,
    clock,
    directory,
    authority: cloneAuthority,

    async person(): Promise<number> {
      return row("INSERT INTO user_account (username, name) VALUES ($1, 'Kim') RETURNING id", `kim${(count += 1)}`);
    },

    async project(): Promise<number> {
      count += 1;
      const installation = await row(
        `INSERT INTO installation (host, github_installation_id, account_id, account_login, account_type)
         VALUES ('github.test', $1, 5, 'acme', 'Organization') RETURNING id`,
        count,
      );
      return row(
        `INSERT INTO project (host, github_repository_id, installation_id, full_name, default_branch)
         VALUES ('github.test', $1, $2, $3, 'main') RETURNING id`,
        count,
        installation,
        `acme/widget-${count}`,
      );
    },

    /** A pipeline whose jobs are of one stage each, in order; none is queued yet. */
    async pipeline(projectId: number, jobs: readonly JobSketch[], ref = 'main') {
      count += 1;
      const id = await row(
        `INSERT INTO pipeline (iid, project_id, sha, before_sha, ref, status, user_id)
         VALUES ($1, $2, $3, repeat('0', 40), $4, 'pending', $5) RETURNING id`,
        count,
        projectId,
        'ab'.repeat(20),
        ref,
        await stage.person(),
      );
      const definitions = jobs.map(defined);
      for (let part = 0; part * jobsPerPart < definitions.length; part += 1) {
        const body = gzipSync(JSON.stringify(definitions.slice(part * jobsPerPart, (part + 1) * jobsPerPart)));
        const sql = 'INSERT INTO pipeline_definition (pipeline_id, attempt, part, body) VALUES ($1, 1, $2, $3)';
        await database.pool.query(sql, [id, part + 1, body]);
      }
      const jobIds: number[] = [];
      for (const [index, job] of jobs.entries()) {
        const name = job.name ?? `job-${index}`;
        const sql = `INSERT INTO job (pipeline_id, project_id, index, name, stage, stage_index, status, timeout_s)
          VALUES ($1, $2, $3::integer, $4, 'stage-' || $3::integer, $3::integer, 'created', $5) RETURNING id`;
        jobIds.push(await row(sql, id, projectId, index, name, job.timeout ?? null));
      }
      return { id, jobIds };
    },

    /** Queues a job as the orchestrator does, and wakes whoever waits for it. */
    async queue(jobId: number, tags: string[] = []): Promise<void> {
      const projectId = await row('SELECT project_id AS id FROM job WHERE id = $1', jobId);
      const [laneId] = await lanesFor(database, [{ projectId, protected: false, tags }]);
      await database.pool.query("UPDATE job SET status = 'pending', lane_id = $2, queued_at = now() WHERE id = $1", [
        jobId,
        laneId,
      ]);
      await database.pool.query('INSERT INTO queue_entry (job_id, lane_id, rank, project_id) VALUES ($1, $2, 1, $3)', [
        jobId,
        laneId,
        projectId,
      ]);
      context.wakes.publish([laneId as number]);
    },

    /** A runner of one project; its token. */
    async runner(projectId: number, tags: string[] = []): Promise<string> {
      const token = newRunnerToken();
      const settings = ['', null, tags, true, false, false, 'not_protected', null] as const;
      const who = ['project_type', null, projectId] as const;
      await database.run(createRunner, ...who, ...settings, tokenHash(token), null, clock.now());
      return token;
    },

    post: (path: string, body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal) =>
      call('POST', path, body, headers, signal),
    put: (path: string, body: unknown, headers: Record<string, string> = {}) => call('PUT', path, body, headers),
    delete: (path: string, body: unknown) => call('DELETE', path, body, {}),
    get: (path: string, headers: Record<string, string> = {}) => fetch(`${service.url}/api/v4/${path}`, { headers }),

    /** Asks for a job at once, without being held. */
    request: (token: string, more: Record<string, unknown> = {}) =>
      call('POST', 'jobs/request', asker(token, more), {}),

    async patch(jobId: number, token: string, range: string | null, text: string | Buffer) {
      const headers = { 'job-token': token, 'content-type': 'text/plain', ...(range && { 'content-range': range }) };
      const body = typeof text === 'string' ? text : new Uint8Array(text);
      return fetch(`${service.url}/api/v4/jobs/${jobId}/trace`, { method: 'PATCH', headers, body });
    },

    async upload(jobId: number, token: string, content: string | Uint8Array<ArrayBuffer>, query = '', name = 'a.zip') {
      const form = new FormData();
      form.set('file', new Blob([content]), name);
      const init = { method: 'POST', headers: { 'job-token': token }, body: form };
      return fetch(`${service.url}/api/v4/jobs/${jobId}/artifacts${query}`, init);
    },

    /** Another process of runner-api on the same database, as far as memory goes; its address. */
    async replica(): Promise<string> {
      const replica = await startService({
        name: 'runner-api',
        module: { module: class ReplicaModule {}, imports: [RunnerApiModule.register(context)] },
        config: { ...context.config, port: 0 },
        logger: context.logger,
        ownsProcess: false,
      });
      replicas.push(replica);
      return replica.url;
    },

    /** What is stored of a job's log, as somebody reads it. */
    async log(jobId: number): Promise<string> {
      const sql = 'SELECT body FROM trace_chunk WHERE job_id = $1 ORDER BY "offset"';
      const { rows } = await database.pool.query<{ body: Buffer }>(sql, [jobId]);
      return Buffer.concat(rows.map(({ body }) => gunzipSync(body))).toString();
    },

    /** A job in a runner's hands, acknowledged. */
    async handedOut(sketch: JobSketch = {}) {
      const projectId = await stage.project();
      const runnerToken = await stage.runner(projectId);
      const pipeline = await stage.pipeline(projectId, [sketch]);
      await stage.queue(pipeline.jobIds[0] as number);
      const job = (await (await stage.request(runnerToken)).json()) as { id: number; token: string };
      await stage.put(`jobs/${job.id}`, { token: job.token, state: 'running' });
      return { ...job, projectId, runnerToken, pipelineId: pipeline.id };
    },

    async job(id: number): Promise<Record<string, unknown>> {
      const { rows } = await database.pool.query('SELECT * FROM job WHERE id = $1', [id]);
      return rows[0] as Record<string, unknown>;
    },

    async events(type: string): Promise<unknown[]> {
      const sql = 'SELECT payload FROM outbox_event WHERE type = $1 ORDER BY id';
      return (await database.pool.query<{ payload: unknown }>(sql, [type])).rows.map(({ payload }) => payload);
    },

    async stop(): Promise<void> {
      for (const replica of replicas) await replica.stop();
      await service.stop();
      await context.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };

  async function call(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<Response> {
    return fetch(`${service.url}/api/v4/${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    });
  }

  return stage;
}

/** What a present runner says it can, as far as the server asks. */
export const allFeatures = {
  two_phase_job_commit: true,
  trace_reset: true,
  cancel_gracefully: true,
  artifacts_exclude: true,
  upload_multiple_artifacts: true,
  upload_raw_artifacts: true,
  fallback_cache_keys: true,
  multi_build_steps: true,
};

/** The body of a request for a job, as a runner that acknowledges sends it. */
export function asker(token: string, more: Record<string, unknown> = {}) {
  return { token, system_id: 's_0123456789ab', info: { name: 'test', version: '1', features: allFeatures }, ...more };
}

function defined(sketch: JobSketch, index: number) {
  return {
    name: sketch.name ?? `job-${index}`,
    stage: `stage-${index}`,
    when: sketch.when ?? 'on_success',
    start_in: null,
    allow_failure: false,
    needs: sketch.needs ?? null,
    dependencies: sketch.dependencies ?? null,
    tags: [],
    image: sketch.image ?? null,
    parallel: sketch.parallel ?? null,
    hooks: sketch.hooks ?? null,
    services: [],
    before_script: [],
    script: sketch.script ?? ['true'],
    after_script: sketch.after_script ?? [],
    variables: sketch.variables ?? [],
    cache: sketch.cache ?? [],
    ...(sketch.run && { run: sketch.run }),
    artifacts: sketch.artifacts ?? null,
    timeout: sketch.timeout ?? null,
  };
}
