import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { ciPath, type PipelineRow, type PushingStage, startPushingStage } from '../../testing/pushing-stage.js';

let stage: PushingStage;
let remote: Server;
let remoteUrl: string;
let remoteCalls: string[] = [];
const texts = new Map<string, string>();

beforeAll(async () => {
  remote = createServer((request, response) => {
    remoteCalls.push(request.url ?? '');
    if (request.url === '/slow.yml') return;
    const text = texts.get(request.url ?? '');
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  await new Promise<void>((resolve) => remote.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(remote.address() as AddressInfo).port}`;
  remoteUrl = `http://${host}`;
  stage = await startPushingStage({ config: { remoteIncludes: { public: true, hosts: [host] } } });
  const repository = (name: string, files: Record<string, string>, isPrivate = true) =>
    stage.github.createRepository({ owner: 'acme', name, private: isPrivate, files });
  await repository('lib', {
    'ci/deploy.yml': 'include: /ci/notify.yml\ndeploy: {script: deploy}',
    'ci/notify.yml': 'notify: {script: tell}',
    'README.md': 'x',
  });
  await repository('secret', { 'a.yml': 'secret: {script: x}' });
  await repository('open', { 'a.yml': 'open: {script: x}' }, false);
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
    process.stdout.write(
      `Show 5: ${calls.length} reads of GitHub\n  ${calls.join('\n  ')}\n  remote ${remoteCalls.join(' ')}\n`,
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
