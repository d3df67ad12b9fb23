import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { ciPath, type PushingStage, repository, startPushingStage } from '../../testing/pushing-stage.js';

let stage: PushingStage;
let made = 0;
let branch: string;

beforeAll(async () => {
  stage = await startPushingStage();
  await stage.github.createRepository({ owner: 'acme', name: 'lib', private: true, files: { Dockerfile: 'x' } });
  await stage.github.addCollaborator('acme/lib', 'dana', 'read');
  await stage.project('acme/lib');
}, 60_000);
afterAll(() => stage.stop());
beforeEach(() => {
  made += 1;
  branch = `b${made}`;
});

const rules = (text: string) => `always: {script: x}\njob: {script: x, rules: [${text}]}\n`;
const changed = rules('{changes: [src/**/*]}');

async function push(files: Record<string, string | null>): Promise<string> {
  return stage.push(files, { branch });
}

/** Whether the job of the rule is in the pipeline of a commit. */
async function hasJob(sha: string): Promise<boolean> {
  const pipeline = await stage.pipelineOf(sha);
  expect(pipeline.failure_message).toBeNull();
  return (await stage.jobs(pipeline.id)).some(({ name }) => name === 'job');
}

/** The calls about names since the last `clearReceived`, as counts by route. */
async function nameCalls(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { route } of await stage.github.received({})) {
    const kind = /\/(compare|git\/trees|git\/blobs)\//.exec(route ?? '')?.[1];
    if (kind) counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

describe('rules:changes on a push', () => {
  it('holds on a new branch, then for what the push changed, from two trees (C-4.5)', async () => {
    expect(await hasJob(await push({ [ciPath]: changed }))).toBe(true);
    await stage.github.clearReceived();
    expect(await hasJob(await push({ 'docs/a.md': 'x' }))).toBe(false);
    expect(await nameCalls()).toEqual({ 'git/trees': 2 });
    expect(await hasJob(await push({ 'src/a/b.c': 'x' }))).toBe(true);
    expect(await hasJob(await push({ 'src/a/b.c': null }))).toBe(true);
  });

  it('asks nothing when no rule looks at it', async () => {
    await stage.github.clearReceived();
    expect(await hasJob(await push({ [ciPath]: rules('{if: $CI == "true"}') }))).toBe(true);
    expect(await nameCalls()).toEqual({});
  });

  it('is what differs between both tips after a forced push, though they parted long before', async () => {
    const first = await push({ [ciPath]: changed, 'src/a.c': '1' });
    await stage.pipelineOf(first);
    const second = await push({ 'src/a.c': '2', 'docs/x.md': '1' });
    expect(await hasJob(second)).toBe(true);
    const forced = async (files: Record<string, string>) => {
      const { after } = await stage.github.push(repository, { pusher: 'dana', branch, parent: first, files });
      return hasJob(after);
    };
    expect(await forced({ 'src/a.c': '2', 'docs/x.md': '2' })).toBe(false);
    expect(await forced({ 'docs/x.md': '3' })).toBe(true);
  });

  it('sees more than the 300 files that GitHub would name', async () => {
    await stage.pipelineOf(await push({ [ciPath]: changed }));
    const many = Object.fromEntries(Array.from({ length: 320 }, (_, n) => [`docs/${n}.md`, 'x']));
    await stage.github.clearReceived();
    expect(await hasJob(await push(many))).toBe(false);
    expect(await nameCalls()).toEqual({ 'git/trees': 2 });
    const more = Object.fromEntries(Array.from({ length: 320 }, (_, n) => [`docs/${n}.md`, 'y']));
    expect(await hasJob(await push({ ...more, 'src/last.c': 'x' }))).toBe(true);
  });

  it('compares with where the branch left another ref (compare_to)', async () => {
    const compared = rules('{changes: {paths: [src/**/*], compare_to: main}}');
    await stage.pipelineOf(await push({ [ciPath]: compared, 'src/a.c': '1' }));
    expect(await hasJob(await push({ 'docs/a.md': 'x' }))).toBe(true);
    const other = await stage.push({ [ciPath]: compared }, { branch: `${branch}-other` });
    expect(await hasJob(other)).toBe(false);
    const sha = await push({ [ciPath]: rules('{changes: {paths: [a], compare_to: nowhere}}') });
    expect(await stage.pipelineOf(sha)).toMatchObject({
      failure_reason: 'config_error',
      failure_message: expect.stringContaining('rules:changes:compare_to is not a valid ref: there is no `nowhere`'),
    });
  });
});

describe('rules:changes in a repository that GitHub does not list at once', () => {
  it('goes down where the trees differ', async () => {
    await stage.github.switches({ treeEntriesMax: 3 });
    const deep = { 'a/1': 'x', 'a/2': 'x', 'src/c/1': 'x', 'src/c/2': 'x', 'z/z/last': 'x' };
    await stage.pipelineOf(await push({ [ciPath]: changed, ...deep }));
    await stage.github.clearReceived();
    expect(await hasJob(await push({ 'z/z/last': 'y' }))).toBe(false);
    const calls = await nameCalls();
    expect(await hasJob(await push({ 'src/c/2': null }))).toBe(true);
    expect(await hasJob(await push({ 'src/c/1': null, 'src/c': 'now a file' }))).toBe(true);
    await stage.github.switches({ treeEntriesMax: 100_000 });
    expect(calls).toEqual({ 'git/trees': 8 });
  });
});

describe('rules:exists', () => {
  it('looks at the names in the tree, with one call (C-4.6)', async () => {
    const file = rules('{exists: ["**/*.gradle", Dockerfile]}');
    await stage.github.clearReceived();
    expect(await hasJob(await push({ [ciPath]: file }))).toBe(false);
    expect(await nameCalls()).toEqual({ 'git/trees': 1 });
    expect(await hasJob(await push({ 'a/b/build.gradle': 'x' }))).toBe(true);
  });

  it('sees every name of a repository that GitHub does not list at once', async () => {
    await stage.github.switches({ treeEntriesMax: 3 });
    const deep = { 'a/1': 'x', 'a/2': 'x', 'b/c/1': 'x', 'b/c/2': 'x', 'z/z/last': 'x' };
    expect(await hasJob(await push({ [ciPath]: rules('{exists: [z/z/last]}'), ...deep }))).toBe(true);
    expect(await hasJob(await push({ [ciPath]: rules('{exists: [z/z/other]}') }))).toBe(false);
    await stage.github.switches({ treeEntriesMax: 100_000 });
  });

  it('looks into another repository that the person may read, and fails for one that they may not', async () => {
    const of = (project: string, path: string) => rules(`{exists: {paths: [${path}], project: ${project}}}`);
    expect(await hasJob(await push({ [ciPath]: of('acme/lib', 'Dockerfile') }))).toBe(true);
    expect(await hasJob(await push({ [ciPath]: of('ACME/Lib', 'Makefile') }))).toBe(false);
    const pipeline = await stage.pipelineOf(await push({ [ciPath]: of('acme/nowhere', 'x') }));
    expect(pipeline.failure_message).toContain('project `acme/nowhere` is not found or may not be accessed');
  });
});

describe('custody of what is fetched', () => {
  it('asks for the contents of no file but those that the configuration names, and for no blob', async () => {
    await stage.github.clearReceived();
    const file = `include: /ci/*.yml\n${rules('{exists: [src/main.c], changes: [src/main.c]}')}`;
    const sha = await push({ [ciPath]: file, 'ci/a.yml': 'a: {script: x}', 'src/main.c': 'int secret;' });
    expect(await hasJob(sha)).toBe(true);
    const read = (await stage.github.received({}))
      .map(({ path }) => decodeURIComponent(path))
      .flatMap((path) => /\/contents\/([^?]+)/.exec(path)?.[1] ?? (path.includes('/blobs/') ? [path] : []));
    expect(new Set(read)).toEqual(new Set([ciPath, 'ci/a.yml']));
  });
});
