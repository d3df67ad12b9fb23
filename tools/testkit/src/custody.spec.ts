import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPocketRunner } from '@crosstie/pocket-runner';

import type { Api } from './api.js';
import type { Canary } from './canaries/needles.js';
import { searchForCanaries, type SearchResult } from './canaries/search.js';
import { followPipeline } from './pipelines.js';
import { setupCodeIn } from './people.js';
import { type Stage, startStage } from './stage.js';
import { until } from './until.js';
import { Visitor } from './visitor.js';
import { makeWorld, repository } from './world.js';

const source: Canary = { name: 'source', text: 'int answer = 42; /* a line of source that nobody may keep */' };
const planted = {
  trace: 'planted-in-a-trace-5d1c0a',
  artifact: 'planted-in-an-artifact-81f2',
  definition: 'planted-in-a-definition-07ab',
  delivery: 'planted-in-a-delivery-c39e',
  outbox: 'planted-in-an-outbox-row-4411',
  log: 'planted-in-a-log-line-9d20',
};

const ciFile = `include: /ci/*.yml
build:
  rules: [{ exists: [main.c], changes: [main.c] }]
  variables: { NOTE: ${planted.definition} }
  script:
    - echo ${planted.trace.replace('trace', '""trace')} | tr -d '"'
    - mkdir -p out && cp large.txt out/ && echo ${planted.artifact} > out/note.txt
    - git log -1 --format=%H
    - grep -c answer main.c
  artifacts: { paths: [out/] }
`;

/** Where source and secrets are after a whole main job: in no store of ours. */
describe('proof of custody', () => {
  let stage: Stage;
  let dana: Api;
  let browser: Visitor;
  let builds: string;
  const handed: Canary[] = [];

  beforeAll(async () => {
    stage = await startStage();
    builds = await mkdtemp(join(tmpdir(), 'crosstie-builds-'));
    await makeWorld(stage.github);
    await stage.setUp('kim', 'acme');
    await stage.project(repository);
    browser = await stage.signIn('dana');
    dana = await stage.api('dana');
    const token = await stage.runnerToken();
    handed.push({ name: 'runner token', text: token }, { name: 'personal access token', text: dana.token });
    const runner = await startPocketRunner({
      url: stage.url,
      token,
      buildsDir: builds,
      pollIntervalMs: 50,
      logIntervalMs: 100,
      fetch: noteTokens(handed),
    });
    const { after } = await stage.github.push(repository, {
      pusher: 'dana',
      message: `Add source\n\n${planted.delivery}`,
      files: {
        'gitlab/.gitlab-ci.yml': ciFile,
        'ci/parts.yml': '.part: { tags: [] }',
        'main.c': `${source.text}\n`,
        'large.txt': 'x\n'.repeat(20_000),
      },
    });
    await followPipeline(dana, repository, after, ({ status }) => status === 'success');
    await until(
      async () => (await stage.github.statuses(repository, after)).at(-1)?.state === 'success',
      'the verdict',
    );
    await runner.stop();
  }, 90_000);

  afterAll(async () => {
    await stage.stop();
    await rm(builds, { recursive: true, force: true });
  });

  function searchFor(canaries: Canary[]): Promise<SearchResult> {
    return searchForCanaries(canaries, {
      databaseUrl: stage.databaseUrl,
      directories: [stage.objects],
      texts: { 'the log': stage.log() },
    });
  }

  it('finds neither source nor any secret that was issued, in rows, objects or logs', async () => {
    const issued = (await stage.github.secrets()).map(({ kind, owner, value }) => ({
      name: `${kind} of ${owner}`,
      text: value,
    }));
    const cookies = browser
      .cookieHeader(stage.url)
      .split('; ')
      .map((pair) => ({ name: 'session cookie', text: pair.slice(pair.indexOf('=') + 1) }));
    const canaries = [source, ...issued, ...cookies, ...handed];
    expect(handed.map(({ name }) => name)).toEqual(expect.arrayContaining(['job token', 'clone token']));
    const kinds = new Set(issued.map(({ name }) => name.split(' ')[0]));
    for (const kind of ['user_token', 'narrowed_user_token', 'refresh_token', 'installation_token', 'private_key']) {
      expect(kinds).toContain(kind);
    }

    const { hits, rows, files, bytes } = await searchFor(canaries);

    process.stdout.write(`custody: ${canaries.length} canaries, ${rows} rows, ${files} files, ${bytes} bytes\n`);
    expect(hits).toEqual([]);
    expect(rows).toBeGreaterThan(50);
    expect(files).toBeGreaterThan(0);
  }, 60_000);

  it('has read the names of files, and the contents of the CI files alone', async () => {
    const asked = (await stage.github.received({})).map(({ path }) => decodeURIComponent(path));
    const read = asked.flatMap((path) => /\/contents\/([^?]+)/.exec(path)?.[1] ?? []);
    expect(new Set(read)).toEqual(new Set(['gitlab/.gitlab-ci.yml', 'ci/parts.yml']));
    expect(asked.some((path) => path.includes('/git/trees/'))).toBe(true);
    expect(asked.filter((path) => /\/(?:git\/blobs|tarball|zipball)\b/.test(path))).toEqual([]);
    // The first page of a comparison has the text of what changed.
    expect(asked.filter((path) => path.includes('/compare/') && !path.includes('page=2'))).toEqual([]);
  });

  it('does find what is planted in a trace, an artifact, a definition, a delivery, an outbox row and a log line', async () => {
    const { database, outbox, logger } = stage.context;
    await database.transaction((tx) =>
      outbox.append(tx, [
        { type: 'pipeline.changed', payload: { pipelineId: 999_999, projectId: 1, status: planted.outbox } },
      ]),
    );
    logger.info('a line', { note: planted.log });

    const { hits } = await searchFor(Object.entries(planted).map(([name, text]) => ({ name, text })));

    expect([...new Set(hits.map(({ canary }) => canary))].sort()).toEqual(Object.keys(planted).sort());
    const where = (canary: string): string =>
      hits
        .filter((hit) => hit.canary === canary)
        .map((hit) => hit.where)
        .join();
    expect(where('definition')).toContain('pipeline_definition.body');
    expect(where('delivery')).toContain('webhook_delivery.body');
    expect(where('outbox')).toContain('outbox_event.payload');
    expect(where('artifact')).toContain(stage.objects);
    expect(where('log')).toContain('the log');
  }, 60_000);

  it('says nothing secret in the line with the set-up code, which is worth nothing by now', async () => {
    const code = setupCodeIn(stage.log()) ?? '';
    const late = await new Visitor().post(`${stage.url}/auth/setup`, { code, username: 'mallory' });
    expect(late.status).toBe(404);
  });
});

/** A fetch that writes down the tokens a runner is given. */
function noteTokens(into: Canary[]): typeof fetch {
  return async (input, init) => {
    const answer = await fetch(input, init);
    if (answer.status === 201 && String(input instanceof Request ? input.url : input).endsWith('/jobs/request')) {
      const job = (await answer.clone().json()) as { token: string; git_info: { repo_url: string } };
      into.push(
        { name: 'job token', text: job.token },
        { name: 'clone token', text: new URL(job.git_info.repo_url).password },
      );
    }
    return answer;
  };
}
