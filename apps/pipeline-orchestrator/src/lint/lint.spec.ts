import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { ApiLint } from '../api/api-lint.js';
import { ciPath, type PushingStage, startPushingStage } from '../testing/pushing-stage.js';

const path = '/api/v4/projects/acme%2Fwidget/ci/lint';

/** Wrong in three places of two jobs. */
const faulty = `stages: [build, test]
build:
  stage: bild
  script: 3
  retry: {max: 7}
test:
  stage: test
  scrip: make test
  needs: [nobody]
`;

describe('linting for who writes the file', () => {
  let stage: PushingStage;

  beforeAll(async () => {
    stage = await startPushingStage();
    await stage.push({
      [ciPath]:
        'include: [{local: /ci/*.yml}]\nstages: [build, test]\nunit: {stage: test, script: [make], extends: .base}\n',
      'ci/base.yml': '.base: {tags: [linux], variables: {A: b}}\n',
      'ci/lint.yml': 'lint: {stage: build, script: [lint], rules: [{exists: [README.md]}]}\n',
    });
  }, 60_000);
  afterAll(() => stage.stop());

  const post = async (body: Record<string, unknown>): Promise<ApiLint> => {
    const { status, body: answer } = await stage.asDana.post(path, body);
    expect(status).toBe(200);
    return answer as ApiLint;
  };
  const get = (query = ''): Promise<ApiLint> => stage.asDana.read<ApiLint>(`${path}${query}`);

  it('compiles the file of the repository with all that it includes, as a push would', async () => {
    const linted = await get('?include_jobs=true&dry_run=true');
    expect(linted).toMatchObject({ valid: true, errors: [], warnings: [] });
    expect(linted.jobs?.map(({ name, stage: in_, tag_list }) => [name, in_, tag_list])).toEqual([
      ['unit', 'test', ['linux']],
    ]);
    expect(linted.crosstie.content).toMatch(/^include: /);
    const [base] = linted.includes;
    expect(linted.includes.map(({ type, location }) => [type, location])).toEqual([
      ['local', 'ci/base.yml'],
      ['local', 'ci/lint.yml'],
    ]);
    expect(base?.blob).toBe(`${stage.simulator.url}/acme/widget/blob/${linted.crosstie.sha}/ci/base.yml`);
    expect(linted.merged_yaml).toMatch(/unit:\n {2}tags:\n {4}- linux/);
    expect(linted.merged_yaml).not.toMatch(/include:/);
  });

  it('knows server and project as a pipeline does, also where nothing is included', async () => {
    const rules = `rules: [{if: $CI_PROJECT_ID == "${stage.projectId}"}]`;
    const linted = await post({ content: `job: {script: [x], ${rules}}`, include_jobs: true });
    expect(linted.jobs?.map(({ name }) => name)).toEqual(['job']);
  });

  it('reads a branch that is named, and says where there is no file and no commit', async () => {
    const sha = await stage.push({ [ciPath]: 'other: {script: [x]}' }, { branch: 'other' });
    for (const ref of ['other', sha]) {
      const linted = await get(`?content_ref=${ref}&include_jobs=1`);
      expect(linted.jobs?.map(({ name }) => name)).toEqual(['other']);
      expect(linted.crosstie.sha).toBe(sha);
    }
    await stage.push({ [ciPath]: null }, { branch: 'empty' });
    expect((await get('?content_ref=empty')).errors).toEqual([`There is no ${ciPath} at empty.`]);
    expect((await stage.asDana.get(`${path}?content_ref=nowhere`)).status).toBe(404);
  });

  it('tells every error of a text in one go, with file, line and column, as text and as data', async () => {
    const linted = await post({ content: faulty });
    expect(linted.valid).toBe(false);
    expect(linted.crosstie.errors.length).toBeGreaterThanOrEqual(3);
    for (const { file, line, column } of linted.crosstie.errors) {
      expect([file, typeof line, typeof column]).toEqual([ciPath, 'number', 'number']);
    }
    expect(new Set(linted.crosstie.errors.map(({ line }) => line)).size).toBeGreaterThanOrEqual(3);
    expect(linted.errors).toHaveLength(linted.crosstie.errors.length);
    expect(linted.errors[0]).toMatch(new RegExp(`\\(${ciPath}:\\d+:\\d+\\)$`));
  });

  it('warns of what is valid and surely not meant', async () => {
    const content = 'a: {script: [x], rules: [{if: $NOBODY_SETS_THIS}]}\nb: {script: [y]}\n';
    const linted = await post({ content, dry_run: true, include_jobs: true });
    expect(linted.valid).toBe(true);
    expect(linted.warnings.join()).toMatch(/NOBODY_SETS_THIS/);
    expect(linted.crosstie.warnings[0]).toMatchObject({ file: ciPath, line: 1 });
    expect(linted.jobs?.map(({ name }) => name)).toEqual(['b']);
    expect(linted.crosstie.explain).toMatchObject({
      jobs: { a: { kept: false, by: 'rules', rule: null }, b: { kept: true, by: 'default' } },
    });
    const written = await post({ content, include_jobs: true });
    expect(written.jobs?.map(({ name, when, only }) => [name, when, only])).toEqual([
      ['a', 'on_success', null],
      ['b', 'on_success', { refs: ['branches', 'tags'] }],
    ]);
  });

  it('reads what a text includes beside the branch it is for, and names the file of a fault in it', async () => {
    await stage.push({ 'ci/broken.yml': '\nbroken:\n  script: {a: b}\n' }, { branch: 'fix' });
    const content = 'include: /ci/broken.yml\n';
    const linted = await post({ content, ref: 'fix' });
    expect(linted.crosstie.errors[0]).toMatchObject({ file: 'ci/broken.yml', line: 3 });
    expect((await post({ content })).errors[0]).toMatch(/ci\/broken\.yml/);
    expect((await post({ content: 'include: /ci/base.yml\nx: {extends: .base, script: [x]}' })).valid).toBe(true);
  });

  it('takes a text as large as a file may be, and no larger', async () => {
    const content = `a:\n  script:\n${'    - echo "x"\n'.repeat(60_000)}`;
    expect(content.length).toBeLessThan(1024 * 1024);
    const large = await post({ content });
    expect(large.crosstie.errors.map(({ code }) => code)).not.toContain('too_long');
    const larger = await stage.asDana.post(path, { content: content + '#'.repeat(200_000) });
    expect([larger.status, larger.body]).toEqual([400, { error: 'content does not have a valid value' }]);
  });

  it('asks GitHub for nothing where a text needs nothing', async () => {
    await stage.github.clearReceived();
    expect((await post({ content: 'a: {script: [x]}' })).valid).toBe(true);
    const asked = await stage.github.received({ method: 'GET' });
    expect(asked.filter(({ path: at }) => /\/(?:contents|commits|git)\//.test(at))).toEqual([]);
  });

  it('is for those who may run pipelines, and says so when GitHub does not answer', async () => {
    const erin = await stage.api('erin');
    expect((await erin.post(path, { content: 'a: {script: [x]}' })).status).toBe(404);
    await stage.github.fault({ route: '/repos/{owner}/{repo}/*', status: 502, times: null });
    const answer = await stage.asDana.get(`${path}?content_ref=later`);
    await stage.github.clearFaults();
    expect(answer.status).toBe(503);
    expect(JSON.stringify(answer.body)).toMatch(/GitHub cannot be asked now/);
  }, 60_000);
});
