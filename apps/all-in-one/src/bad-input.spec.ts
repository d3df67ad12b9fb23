import { declaredRoutes } from '@crosstie/access';
import { createAccessToken, createRunner, createUser, randomToken, tokenHash } from '@crosstie/domain';
import { attachBus } from '@crosstie/messaging';
import { createHttpApp } from '@crosstie/platform';
import { type TestContext, testContext } from '@crosstie/testkit';
import { Controller, Get, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { joinedServices, joinServices } from './joined-services.js';

interface RouteOfServer {
  readonly method: string;
  readonly url: string;
}

interface Try {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly type?: string;
}

/** Held open on purpose, so that a walk would wait for each. */
const held = ['/api/v4/jobs/request', '/api/crosstie/v1/stream'];
/** Says 501 by the protocol of runners. */
const refused = ['/api/v4/runners/router/discovery'];
const badIds = ['0', '-1', 'x', '1e9', '99999999999999999999', '%00', 'a%2Fb%2Fc', '%F0%9F%92%A9', "'%22%3B--"];
const badQueries = [
  'page=0&per_page=-1',
  'page=99999999999999999999',
  'per_page=1e300&page[x]=1',
  'user_id=1e300&id_after=1e300&min_access_level=x',
  'search=%00&ref=%00&username=%00&sha=%00&name=%00&query=%00&status=%00&source=%00',
  'updated_after=-200000-01-01T00:00:00Z&created_before=0000-00-00',
  'updated_after=%2B275760-09-13T00:00:00Z&updated_before=x',
  'scope[a][b]=c&scope[]=&status[]=x&tag_list[x]=y&topics[]=a&topics[]=%00',
  '__proto__[a]=b&constructor=x&toString=y',
  `ref=${'r'.repeat(5000)}&search=${'s'.repeat(5000)}`,
  'line=-1&count=1e300&from=x&cursor=%00&pagination=keyset',
];
/** The fields of all bodies; wrong values for each at once. */
const fields = `name scopes expires_at user_id access_level username runner_type project_id group_id tag_list
  description paused maximum_timeout content ref include_jobs dry_run token info system_id state failure_reason
  exit_code checksum output code since enabled features last_update version terms slug account login event guid
  path`.split(/\s+/);
const values: unknown[] = [
  null,
  '',
  '\0',
  [],
  ['\0', 1, {}],
  { a: { b: '\0' } },
  -1,
  1e300,
  2 ** 53,
  true,
  'x'.repeat(9000),
];
const badBodies: Pick<Try, 'body' | 'type'>[] = [
  ...['{', '', 'null', '[]', '"x"', '7', '{"__proto__":{"a":1}}', '['.repeat(5000)].map(json),
  ...values.map((value) => json(JSON.stringify(Object.fromEntries(fields.map((field) => [field, value]))))),
  { type: 'application/x-www-form-urlencoded', body: fields.map((field) => `${field}=%00`).join('&') },
  { type: 'application/x-www-form-urlencoded', body: fields.map((field) => `${field}[a][]=%FF`).join('&') },
  { type: 'multipart/form-data; boundary=x', body: '--x\r\nno part' },
  { type: 'multipart/form-data', body: 'no boundary' },
  { type: 'text/plain', body: '\0' },
  { type: 'application/octet-stream', body: '\0' },
  { type: 'application/xml', body: '<a/>' },
];

function json(body: string): Pick<Try, 'body' | 'type'> {
  return { type: 'application/json', body };
}

/** Each parameter of the path wrong by itself, then queries and bodies that are wrong. */
function triesOf({ method, url }: RouteOfServer, ids: Readonly<Record<string, number>>): Try[] {
  const names = [...url.matchAll(/:(\w+)|\*/g)].map(([name]) => name);
  const path = (wrong?: string, value = ''): string =>
    url.replaceAll(/:(\w+)|\*/g, (name, word?: string) => (name === wrong ? value : String(ids[word ?? ''] ?? 1)));
  const withBody = method !== 'GET' && method !== 'HEAD';
  return [
    ...names.flatMap((name) => badIds.map((value) => ({ method, path: path(name, value) }))),
    ...badQueries.map((query) => ({ method, path: `${path()}?${query}` })),
    ...(withBody ? badBodies.map((body) => ({ method, path: path(), ...body })) : []),
  ];
}

describe('every route of the server', () => {
  let context: TestContext;
  let app: NestFastifyApplication;
  let base: string;
  let tokens: { person: () => Promise<string>; runner: string };
  const ids: Record<string, number> = {};
  const routes: RouteOfServer[] = [];

  beforeAll(async () => {
    context = await testContext({ config: { objectStore: 'file:///nonexistent/objects' } });
    app = await createHttpApp(joinServices(context), context);
    const fastify = app.getHttpAdapter().getInstance();
    fastify.addHook('onRoute', ({ method, url }: { method: string | string[]; url: string }) => {
      for (const each of [method].flat()) routes.push({ method: each, url });
    });
    await attachBus(app, context, joinedServices);
    await app.listen(0, '127.0.0.1');
    base = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    tokens = await fill(context, ids);
  });
  afterAll(async () => {
    await app.close();
    await context.stop();
  });

  async function answerOf({ method, path, body, type }: Try, token: string): Promise<number> {
    const headers = { 'private-token': token, 'runner-token': tokens.runner, ...(type && { 'content-type': type }) };
    const answer = await fetch(`${base}${path}`, { method, headers, redirect: 'manual', ...(body && { body }) });
    await answer.arrayBuffer();
    return answer.status;
  }

  it('declares who may call it', () => {
    const declared = declaredRoutes(app).filter(({ route }) => !/ (healthz|readyz)$/.test(route));
    expect(declared.length).toBeGreaterThan(60);
    const open = declared.filter(({ credential }) => credential === null).map(({ route }) => route);
    // GitHub's signature is checked there, and the gateway knows nothing of people.
    expect(open).toEqual(['ALL webhooks/github']);
  });

  it('answers input that is wrong with a refusal, never with a fault of its own', async () => {
    const walked = routes.filter(
      ({ method, url }) =>
        ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].includes(method) && ![...held, ...refused].includes(url),
    );
    expect(walked.length).toBeGreaterThan(60);
    const faults: string[] = [];
    const statuses = new Map<number, number>();
    for (const route of walked) {
      const token = await tokens.person();
      for (const attempt of triesOf(route, ids)) {
        const status = await answerOf(attempt, token);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status >= 500)
          faults.push(
            `${status} ${attempt.method} ${attempt.path} ${attempt.type ?? ''} ${attempt.body ?? ''}`.slice(0, 300),
          );
      }
    }
    expect(faults).toEqual([]);
    // Not at the door alone: most is refused for what it says.
    expect(statuses.get(400) ?? 0).toBeGreaterThan(500);
  }, 120_000);
});

describe('a route that declares nobody', () => {
  it('is found', async () => {
    @Controller('open')
    class OpenController {
      @Get() answer(): string {
        return 'to everybody';
      }
    }
    @Module({ controllers: [OpenController] })
    class OpenModule {}
    const context = await testContext();
    const app = await createHttpApp(OpenModule, context);
    const undeclared = declaredRoutes(app).filter(({ credential }) => credential === null);
    await context.stop();
    expect(undeclared).toEqual([{ route: 'GET open', handler: 'OpenController.answer', credential: null }]);
  });
});

/** An administrator, a project with a pipeline and a job, and a runner, for the routes to find. */
async function fill(context: TestContext, ids: Record<string, number>) {
  const { database, clock } = context;
  const insert = async (sql: string, ...parameters: unknown[]): Promise<number> =>
    (await database.pool.query<{ id: number }>(`${sql} RETURNING id`, parameters)).rows[0]?.id ?? 0;
  const user = await createUser(database, { username: 'root', name: 'Root', isAdmin: true });
  const installation = await insert(
    `INSERT INTO installation (host, github_installation_id, account_id, account_login, account_type)
     VALUES ('github.test', 1, 1, 'acme', 'Organization')`,
  );
  const project = await insert(
    `INSERT INTO project (host, github_repository_id, installation_id, full_name, default_branch)
     VALUES ('github.test', 1, $1, 'acme/widget', 'main')`,
    installation,
  );
  const pipeline = await insert(
    `INSERT INTO pipeline (iid, project_id, sha, before_sha, ref, status)
     VALUES (1, $1, repeat('a', 40), repeat('0', 40), 'main', 'success')`,
    project,
  );
  const job = await insert(
    `INSERT INTO job (pipeline_id, project_id, index, name, stage, stage_index, status)
     VALUES ($1, $2, 0, 'build', 'build', 0, 'success')`,
    pipeline,
    project,
  );
  Object.assign(ids, { id: project, project, pipeline_id: pipeline, job_id: job, user: user?.id });
  const runner = randomToken('glrt-');
  const settings = ['', null, [], true, false, false, 'not_protected', null] as const;
  await database.run(createRunner, 'instance_type', null, null, ...settings, tokenHash(runner), null, clock.now());
  const person = async (): Promise<string> => {
    const expiresAt = new Date(clock.ms() + 86_400_000);
    const wish = { userId: user?.id ?? 0, name: 'walk', scopes: ['api'], expiresAt };
    return (await createAccessToken(database, wish)).token;
  };
  return { person, runner };
}
