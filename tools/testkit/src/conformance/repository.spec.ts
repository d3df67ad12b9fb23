import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { findGitlabRunner } from '../demo/runner.js';
import { until } from '../until.js';
import { repository } from '../world.js';
import { RunnerHouse } from './runner-house.js';

const found = await findGitlabRunner();
const isGood = ({ status }: { status: string }): boolean => status === 'success';

/** By the numbers of the protocol page's conformance tests; skipped where there is no gitlab-runner. */
(found ? describe : describe.skip)('conformance of the clone, with a real gitlab-runner', () => {
  let house: RunnerHouse;
  beforeAll(async () => {
    house = await RunnerHouse.build(found?.program ?? '');
    await house.runner('main', { concurrent: 1 });
  }, 60_000);
  afterAll(async () => {
    await house?.tearDown();
  }, 60_000);

  const only = (...script: string[]): string => `only:\n  script:\n${script.map((line) => `    - ${line}\n`).join('')}`;

  it('C40: the next pipeline fetches with a token of its own, when the first one is dead; none is on disk', async () => {
    const look = [
      'git log -1 --format=%H',
      'cat .git/config',
      'find . "$CI_PROJECT_DIR.tmp" -name ".gitlab-runner.ext.conf" | wc -l',
    ];
    const first = await house.push(only(...look));
    await house.job(first, 'only', isGood);
    const clones = async () =>
      (await house.stage.github.secrets()).filter(({ kind }) => kind === 'narrowed_user_token');
    await until(async () => (await clones()).every(({ live }) => !live), 'the first token to be dead');
    const second = await house.push(only(...look, 'test -e .git/shallow || true'));
    const job = await house.job(second, 'only', isGood);
    const log = await house.trace(job);
    expect(log).toContain(second);
    expect(log).toContain('Fetching changes');
    expect(log).not.toMatch(/x-access-token/);
    expect(await clones()).toHaveLength(2);
  }, 90_000);

  it('C42: nothing that opens something can be read in a log, whatever a script prints', async () => {
    const sha = await house.push(
      'only:\n  variables: {CI_DEBUG_TRACE: "true"}\n  script:\n' +
        ['echo "$CI_JOB_TOKEN"', 'echo "$CI_REPOSITORY_URL"', 'echo "$CI_REPOSITORY_TOKEN"', 'env']
          .concat(['echo -n "$CI_JOB_TOKEN" | base64 -w0', 'echo "x$CI_REPOSITORY_URL" | base64', 'export'])
          .map((line) => `    - ${line}\n`)
          .join(''),
    );
    const job = await house.job(sha, 'only', isGood);
    const log = await house.trace(job);
    const token = String(house.callsOf(job.id)[0]?.headers['job-token']);
    expect(token).toMatch(/^glcbt-/);
    expect(log).toContain('[MASKED]');
    const secrets = [token, ...(await house.stage.github.secrets()).map(({ value }) => value)];
    for (const secret of secrets) {
      expect(log).not.toContain(secret);
      expect(log).not.toContain(Buffer.from(secret).toString('base64').slice(4, 30));
    }
    expect(house.callsOf(job.id, 'PATCH').some(({ path }) => path.includes('debug_trace=true'))).toBe(true);
  }, 90_000);

  it('C43: a commit that was forced off its branch while its job waited is still what the job runs', async () => {
    const file = `variables: {GIT_DEPTH: "1"}\n${only('git log -1 --format=%H', 'test "$(git rev-parse HEAD)" = "$CI_COMMIT_SHA"').replace('only:', 'only:\n  tags: [late]')}`;
    const sha = await house.push(file);
    await house.job(sha, 'only', ({ status }) => status === 'pending');
    for (let n = 0; n < 3; n += 1) {
      const files = { 'gitlab/.gitlab-ci.yml': only('true'), n: String(n) };
      await house.stage.github.push(repository, { pusher: 'dana', files, parent: null });
    }
    await house.runner('late', { tags: ['late'] });
    const job = await house.job(sha, 'only', isGood);
    expect(await house.trace(job)).toContain(sha);
  }, 90_000);
});
