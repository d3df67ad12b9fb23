import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '@crosstie/testkit';

import {
  ciPath,
  type PipelineRow,
  type PushingStage,
  repository,
  startPushingStage,
} from '../../testing/pushing-stage.js';

let stage: PushingStage;
let remote: Server;
let remoteUrl: string;
let remoteCalls: string[] = [];
const texts = new Map<string, string>();

beforeAll(async () => {
  remote = createServer((request, response) => {
    remoteCalls.push(request.url ?? '');
    if (request.url === '/slow.yml') return;
    const link = Number(/^\/chain\/(\d+)\.yml$/.exec(request.url ?? '')?.[1] ?? Number.NaN);
    const text = Number.isNaN(link) ? texts.get(request.url ?? '') : `include: ${remoteUrl}/chain/${link + 1}.yml`;
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  await new Promise<void>((resolve) => remote.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(remote.address() as AddressInfo).port}`;
  remoteUrl = `http://${host}`;
  stage = await startPushingStage({ config: { remoteIncludes: { public: true, hosts: [host] } } });
  const create = (name: string, files: Record<string, string>, isPrivate = true) =>
    stage.github.createRepository({ owner: 'acme', name, private: isPrivate, files });
  await create('lib', {
    'ci/deploy.yml': 'include: /ci/notify.yml\ndeploy: {script: deploy}',
    'ci/notify.yml': 'notify: {script: tell}',
    'README.md': 'x',
  });
  await create('secret', { 'a.yml': 'secret: {script: x}' });
  await create('open', { 'a.yml': 'open: {script: x}' }, false);
  await stage.github.addCollaborator('acme/lib', 'dana', 'read');
  for (const name of ['lib', 'secret', 'open']) await stage.project(`acme/${name}`);
}, 60_000);
afterAll(async () => {
  await stage.stop();
  remote.close();
  remote.closeAllConnections();
});
beforeEach(async () => {
  remoteCalls = [];
  await stage.github.clearReceived();
});

/** What was asked of GitHub's REST interface while the pipeline was made, but for what every pipeline asks. */
async function contentCalls(): Promise<string[]> {
  const received = await stage.github.received({});
  return received
    .filter(
      ({ method, path }) => method === 'GET' && /\/(?:contents|git\/trees|compare|git\/matching-refs)\//.test(path),
    )
    .map(({ path }) => decodeURIComponent(path.replace(/^.*\/repos\//, '').replace(/\?.*$/, '')))
    .sort();
}

/** Every call of GitHub's REST interface, counted by route. */
async function callsByRoute(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { method, route } of await stage.github.received({})) {
    if (route !== null) counts[`${method} ${route}`] = (counts[`${method} ${route}`] ?? 0) + 1;
  }
  return counts;
}

async function run(
  file: string,
  more: Record<string, string> = {},
  how: { pusher?: string; branch?: string } = {},
): Promise<PipelineRow> {
  const sha = await stage.push({ [ciPath]: file, ...more }, how);
  return stage.pipelineOf(sha);
}

const names = async (pipeline: PipelineRow) => (await stage.jobs(pipeline.id)).map((job) => job.name);

describe('a push whose file includes others', () => {
  it('makes a pipeline of local, wildcard, another repository and remote, each file read once', async () => {
    texts.set('/scan.yml', 'scan: {script: scan}');
    const file = `include:
  - local: /ci/build.yml
  - local: /ci/parts/*.yml
  - {project: acme/lib, file: [/ci/deploy.yml, ci/notify.yml]}
  - remote: ${remoteUrl}/scan.yml
  - remote: ${remoteUrl}/scan.yml
main: {script: x}
`;
    const parts = { 'ci/parts/a.yml': 'a: {script: x}', 'ci/parts/b.yml': 'b: {script: x}', 'ci/parts/c.txt': 'no' };
    const pipeline = await run(file, { 'ci/build.yml': 'build: {script: make}', 'src/main.c': 'int x;', ...parts });
    expect(pipeline).toMatchObject({ status: 'pending', failure_message: null });
    expect((await names(pipeline)).sort()).toEqual(['a', 'b', 'build', 'deploy', 'main', 'notify', 'scan']);
    const calls = await contentCalls();
    const all = await callsByRoute();
    process.stdout.write(
      `Show 5: ${calls.length} reads of GitHub\n  ${calls.join('\n  ')}\n  remote ${remoteCalls.join(' ')}\n  all calls: ${JSON.stringify(all)}\n`,
    );
    expect(calls).toEqual([
      'acme/lib/contents/ci/deploy.yml',
      'acme/lib/contents/ci/notify.yml',
      'acme/widget/contents/ci/build.yml',
      'acme/widget/contents/ci/parts/a.yml',
      'acme/widget/contents/ci/parts/b.yml',
      'acme/widget/contents/gitlab/.gitlab-ci.yml',
      expect.stringMatching(/^acme\/widget\/git\/trees\/[0-9a-f]{40}$/),
    ]);
    expect(remoteCalls).toEqual(['/scan.yml']);
  });
});

describe('an include', () => {
  it('and a rule may speak of the server and the project', async () => {
    const rules = 'rules: [{if: $CI_PROJECT_ID && $CI_SERVER_FQDN}]';
    const file = `include: [{local: "/ci/$CI_PROJECT_ID.yml", ${rules}}]\njob: {script: x, ${rules}}`;
    const pipeline = await run(file, { [`ci/${stage.projectId}.yml`]: 'mine: {script: x}' });
    expect(await names(pipeline)).toEqual(['mine', 'job']);
  });
});

/** The sentence of a refused pipeline, and what GitHub's commit shows of it. */
async function refusal(file: string, more: Record<string, string> = {}, pusher = 'dana') {
  const pipeline = await run(file, more, { pusher });
  const shown = async () => (await stage.github.statuses(repository, pipeline.sha)).at(-1);
  const status = await until(async () => ((await shown())?.state === 'failure' ? shown() : null), 'the verdict');
  expect(pipeline).toMatchObject({ status: 'failed' });
  process.stdout.write(
    `  ${pipeline.failure_reason}: ${pipeline.failure_message}\n    on GitHub: ${status?.description}\n`,
  );
  const view = await stage.asDana.get(`/api/crosstie/v1/pipelines/${pipeline.id}`);
  expect(view.body).toMatchObject({ refusal: { sentence: pipeline.failure_message } });
  expect(pipeline.failure_message?.startsWith(status?.description?.slice(0, 60) ?? '-')).toBe(true);
  return { reason: pipeline.failure_reason, sentence: pipeline.failure_message, all: pipeline.yaml_errors };
}

describe('a push whose file includes what cannot be had', () => {
  it('says which local file is missing and where it was asked for', async () => {
    expect(await refusal('include:\n  - /ci/gone.yml\njob: {script: x}')).toMatchObject({
      reason: 'config_error',
      sentence: 'Local file `ci/gone.yml` does not exist! (gitlab/.gitlab-ci.yml:2).',
    });
    // Once, and once more when GitHub has shown the commit.
    const gone = (await contentCalls()).filter((call) => call.endsWith('gone.yml'));
    expect(gone).toHaveLength(2);
    await stage.github.clearReceived();
    const list = Array.from({ length: 100 }, (_, n) => `  - /none/${n}.yml`).join('\n');
    await refusal(`include:\n${list}\njob: {script: x}`);
    const asked = (await stage.github.received({})).filter(({ path }) => /\/(?:contents\/none|commits)\//.test(path));
    expect(asked.length).toBeLessThan(120);
  });

  it('says the same of a repository that the person may not read and of one that is not there', async () => {
    const include = (project: string) => `include: {project: ${project}, file: a.yml}\njob: {script: x}`;
    const forbidden = await refusal(include('acme/secret'));
    expect(forbidden).toMatchObject({ reason: 'config_error' });
    expect(forbidden.sentence).toContain('Project `acme/secret` not found or access denied!');
    const absent = await refusal(include('acme/nowhere'));
    expect(absent.sentence).toBe(forbidden.sentence?.replace('acme/secret', 'acme/nowhere'));
    const elsewhere = await refusal(include('torvalds/linux'));
    expect(elsewhere.sentence).toBe(forbidden.sentence?.replace('acme/secret', 'torvalds/linux'));
    expect((await stage.github.received({})).filter(({ path }) => path.includes('/secret/contents/'))).toEqual([]);
  });

  it('reads what everybody may read, and what only another person may read only for them', async () => {
    const open = await run('include: {project: acme/open, file: a.yml}\njob: {script: x}');
    expect(await names(open)).toEqual(['open', 'job']);
    const lib = 'include: {project: acme/lib, file: ci/notify.yml}\njob: {script: x}';
    expect(await names(await run(lib))).toEqual(['notify', 'job']);
    await stage.signIn('erin');
    const refused = await refusal(lib, {}, 'erin');
    expect(refused.sentence).toContain('Project `acme/lib` not found or access denied!');
    const answer = await stage.asDana.post(
      `/api/v4/projects/${stage.projectId}/pipelines/${(await stage.rows<{ id: number }>('SELECT max(id) AS id FROM pipeline'))[0]?.id}/retry`,
    );
    expect(answer).toMatchObject({ status: 201, body: { status: 'pending' } });
  });

  it('tells a missing ref and a missing file of another repository apart', async () => {
    const of = (more: string) => refusal(`include: {project: acme/lib, ${more}}\njob: {script: x}`);
    expect((await of('file: a.yml, ref: v9')).sentence).toContain('Project `acme/lib` reference `v9` does not exist!');
    expect((await of('file: a.yml')).sentence).toContain('Project `acme/lib` file `a.yml` does not exist!');
  });

  it('gives up on a remote text that does not come, is not there, or lies in a private network (Y7)', async () => {
    const of = (url: string) => refusal(`include: {remote: "${url}"}\njob: {script: x}`);
    expect((await of(`${remoteUrl}/slow.yml`)).sentence).toContain(
      'could not be fetched because it did not answer within 5 s!',
    );
    expect((await of(`${remoteUrl}/none.yml`)).sentence).toContain('because of HTTP code `404` error!');
    expect((await of('https://169.254.169.254/latest/meta-data.yml')).sentence).toContain('not on the public Internet');
    expect((await of('http://e.x/a.yml')).sentence).toContain('only https addresses are fetched');
  });

  it('holds a remote text against its digest (Y8)', async () => {
    texts.set('/pinned.yml', 'pinned: {script: x}');
    const digest = createHash('sha256').update('pinned: {script: x}').digest('base64');
    const file = `include: {remote: "${remoteUrl}/pinned.yml", integrity: "sha256-${digest}"}\njob: {script: x}`;
    expect(await names(await run(file))).toEqual(['pinned', 'job']);
    texts.set('/pinned.yml', 'pinned: {script: y}');
    expect((await refusal(file)).sentence).toContain('failed integrity check');
  });

  it('shows that a remote text changed between two pipelines (Y8)', async () => {
    const file = `include: [{remote: "${remoteUrl}/moving.yml"}, {local: /ci/l.yml}]\njob: {script: x}`;
    const shown = async (text: string) => {
      texts.set('/moving.yml', text);
      const { id } = await run(file, { 'ci/l.yml': '.l: {script: x}' });
      const { body } = await stage.asDana.get(`/api/crosstie/v1/pipelines/${id}`);
      return (body as { includes: { name: string; digest: string; pinned: boolean | null }[] }).includes;
    };
    const digest = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
    const [one, two] = ['.m: {script: one}', '.m: {script: two}'];
    expect(await shown(one)).toEqual([
      { name: `${remoteUrl}/moving.yml`, digest: digest(one), pinned: false },
      { name: 'ci/l.yml', digest: digest('.l: {script: x}'), pinned: null },
    ]);
    expect((await shown(two))[0]).toMatchObject({ digest: digest(two), pinned: false });
  });

  it('reads nothing when there are more than 150, and no file above 1 MiB nor 5 MiB in all (Y3)', async () => {
    const list = Array.from({ length: 151 }, (_, n) => `  - f${n}.yml`).join('\n');
    await stage.github.clearReceived();
    expect((await refusal(`include:\n${list}\njob: {script: x}`)).sentence).toContain('Maximum of 150 nested includes');
    expect(await contentCalls()).toEqual(['acme/widget/contents/gitlab/.gitlab-ci.yml']);
    const big = (bytes: number) => `# ${'x'.repeat(bytes)}\n.hidden: {script: x}`;
    expect((await refusal('include: /big.yml\njob: {script: x}', { 'big.yml': big(1024 * 1024) })).sentence).toContain(
      'Local file `big.yml` is larger than 1 MiB!',
    );
    const many = Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`many/${n}.yml`, big(1_000_000)]));
    expect((await refusal('include: /many/*.yml\njob: {script: x}', many)).sentence).toContain('more than 5 MiB!');
  });

  it('ends a chain that never ends by itself (Y3)', async () => {
    const { sentence } = await refusal(`include: ${remoteUrl}/chain/1.yml\njob: {script: x}`);
    expect(sentence).toContain('Maximum of 150 nested includes');
    expect(remoteCalls).toHaveLength(150);
  });

  it('leads a path nowhere but into the repository', async () => {
    await stage.github.clearReceived();
    const { sentence } = await refusal('include: "/../../../acme/secret/contents/a.yml"\njob: {script: x}');
    expect(sentence).toContain('does not exist!');
    expect((await stage.github.received({})).filter(({ path }) => path.includes('secret'))).toEqual([]);
  });
});

describe('a component', () => {
  it('comes from a repository of the installation, in the version that was asked for', async () => {
    const component = (n: number) => ({
      'templates/scan.yml': `spec: {component: [version], inputs: {stage: {default: test}}}\n---\nscan-${n}: {stage: "$[[ inputs.stage ]]", script: x}\n"at $[[ component.version ]]": {script: x}`,
    });
    await stage.github.createRepository({ owner: 'acme', name: 'parts', private: false, files: component(0) });
    await stage.project('acme/parts');
    for (const [n, tag] of [
      [1, '1.0.0'],
      [2, 'v1.10.2'],
      [3, '2.0.0-rc1'],
    ] as const) {
      const { after } = await stage.github.push('acme/parts', { pusher: 'kim', files: component(n) });
      await stage.github.setRef('acme/parts', { ref: `refs/tags/${tag}`, sha: after, pusher: 'kim' });
    }
    const file = (version: string) =>
      `include: {component: $CI_SERVER_FQDN/acme/parts/scan@${version}}\njob: {script: x}`;
    expect(await names(await run(file('1.0.0')))).toEqual(['scan-1', 'at 1.0.0', 'job']);
    expect(await names(await run(file('1')))).toEqual(['scan-2', 'at v1.10.2', 'job']);
    expect(await names(await run(file('~latest')))).toEqual(['scan-2', 'at v1.10.2', 'job']);
    expect(await names(await run(file('main')))).toEqual(['scan-3', 'at ', 'job']);
    expect((await refusal(file('3'))).sentence).toContain('no released version `3`');
    expect((await refusal(file('nope'))).sentence).toContain('reference `nope` does not exist!');
  });
});

describe('a component of another server', () => {
  it('is never taken for a repository of ours, and comes by the rules of remote (Y8)', async () => {
    const of = (address: string) => refusal(`include: {component: ${address}}\njob: {script: x}`);
    expect((await of('gitlab.example/acme/open/a@~latest')).sentence).toContain('name its version in full');
    expect((await of('127.0.0.1/acme/open/a@1.0.0')).sentence).toContain('not on the public Internet');
  });
});

describe('while GitHub does not answer as it should', () => {
  const file = 'include: /ci/late.yml\njob: {script: x}';
  const late = { 'ci/late.yml': 'late: {script: x}' };

  it('waits and asks again when it fails, or wants no calls (F34, F37)', async () => {
    for (const fault of [{ status: 502 }, { status: 429, retryAfter: 7 }]) {
      await stage.github.fault({ route: '/repos/{owner}/{repo}/contents/{path}', path: 'late', times: 2, ...fault });
      const sha = await stage.push({ [ciPath]: file, ...late });
      await until(
        async () => (await stage.rows(`SELECT 1 FROM webhook_delivery WHERE state = 'waiting'`))[0],
        'a wait',
      );
      await stage.github.clearFaults();
      await stage.passTime(8_000);
      const pipeline = await stage.pipelineOf(sha);
      expect(await names(pipeline)).toEqual(['late', 'job']);
    }
  });

  it('waits for a commit that it does not show yet (F35)', async () => {
    await stage.github.lag(repository, { ms: 1500 });
    const sha = await stage.push({ [ciPath]: file, ...late });
    await until(async () => (await stage.rows(`SELECT 1 FROM webhook_delivery WHERE state = 'waiting'`))[0], 'a wait');
    await stage.passTime(2_000);
    await stage.github.lag(repository, { ms: 0 });
    expect(await names(await stage.pipelineOf(sha))).toEqual(['late', 'job']);
  });
});
