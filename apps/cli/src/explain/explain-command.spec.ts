import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capturedIo } from '../testing/captured-io.js';
import { runExplain } from './explain-command.js';

const root = mkdtempSync(join(tmpdir(), 'crosstie-explain-'));
beforeAll(() => {
  mkdirSync(join(root, 'gitlab'));
  writeFileSync(
    join(root, 'gitlab/.gitlab-ci.yml'),
    `default:
  image: node
.base:
  script: make
build:
  extends: .base
  rules:
    - if: $CI_COMMIT_TAG
    - if: $A == "x" || $CI_COMMIT_BRANCH
      changes: [src/*]
release:
  script: x
  rules:
    - if: $CI_COMMIT_TAG
test:
  script: x
  parallel: 2
`,
  );
  writeFileSync(join(root, 'broken.yml'), 'a: {scripts: x}\n');
});
afterAll(() => rmSync(root, { recursive: true }));

async function explain(...argv: string[]) {
  const { io, written } = capturedIo();
  return { status: await runExplain(argv, io), ...written };
}

describe('crosstie explain', () => {
  it('tells the rule that decided, the value of each part, and what set each field', async () => {
    const { status, out } = await explain('build', root);
    expect(status).toBe(0);
    expect(out).toBe(`build is in the pipeline: rule 2 decided
  rule 1  gitlab/.gitlab-ci.yml:8  did not match  if: $CI_COMMIT_TAG
    $CI_COMMIT_TAG → not set
  rule 2  gitlab/.gitlab-ci.yml:9  matched  if: $A == "x" || $CI_COMMIT_BRANCH
    $A == "x" → false
    $A → not set
    $CI_COMMIT_BRANCH → "main"
    changes → true
  set at
  script           gitlab/.gitlab-ci.yml:4
  extends          gitlab/.gitlab-ci.yml:6
  rules            gitlab/.gitlab-ci.yml:8
  image            gitlab/.gitlab-ci.yml:2
`);
  });

  it('tells why a job is not there', async () => {
    expect((await explain('release', root)).out).toMatch(/^release is not in the pipeline: no rule matched\n/);
  });

  it('tells of all instances of a job', async () => {
    const { out } = await explain('test', root, '--json');
    expect(Object.keys(JSON.parse(out).jobs)).toEqual(['test 1/2', 'test 2/2']);
  });

  it('names the jobs that there are when it knows none of that name', async () => {
    expect(await explain('buidl', root)).toMatchObject({
      status: 2,
      err: expect.stringContaining('there is no job buidl; the jobs are build, release, test 1/2, test 2/2'),
    });
  });

  it('ends with 1 for an invalid configuration, and says what is wrong', async () => {
    expect(await explain('a', root, '--config', 'broken.yml')).toMatchObject({
      status: 1,
      err: expect.stringContaining('broken.yml:1: jobs:a config contains unknown keys: scripts'),
    });
  });
});
