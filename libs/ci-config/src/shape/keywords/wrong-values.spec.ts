import { Ajv } from 'ajv';
import { compile } from '../../index.js';
import { configurationSchema } from '../schema.js';
import { jobKeyNames, type JobKey } from './job-keywords.js';

/** Why the schema for editors takes a value that the compiler refuses; absent where it does not. */
interface Blind {
  readonly schemaTakesIt: string;
}

type Wrong = readonly [value: unknown, blind?: Blind];

const long = (length: number) => 'x'.repeat(length);
const many = (length: number) => Array.from({ length }, (_, index) => `v${index}`);
const OTHER_JOBS: Blind = { schemaTakesIt: 'only the whole configuration tells which jobs and stages there are' };
const TWO_KEYS: Blind = { schemaTakesIt: 'the keyword beside it may come from a parent, which one file does not show' };
const DURATIONS: Blind = { schemaTakesIt: 'a pattern for durations would be longer than their reader' };
const EXPRESSIONS: Blind = { schemaTakesIt: 'JSON Schema has no grammar' };
const DAYS: Blind = { schemaTakesIt: 'a pattern does not know how long a month is' };
const RE2: Blind = { schemaTakesIt: 'editors check with the expressions of JavaScript, not with RE2' };
const TYPES: Blind = { schemaTakesIt: 'the type of one key decides on the value of another' };
const REFERENCE: Blind = {
  schemaTakesIt: 'to an editor `!reference [a, b]` is a list of texts, which may stand for anything',
};
const MULTIPLIED: Blind = { schemaTakesIt: 'JSON Schema does not multiply' };

/** For each keyword of a job three values that the language reference refuses, written by hand from it. */
const wrong: Record<JobKey, readonly [Wrong, Wrong, Wrong]> = {
  after_script: [[1], [[{ echo: 'x' }]], [[true]]],
  allow_failure: [['true'], [{ exit_codes: 'one' }], [{ exit_code: 1 }]],
  artifacts: [[{ paths: 'dist' }], [{ paths: ['dist'], expire_in: 3600 }], [{ reports: { junits: 'r.xml' } }]],
  before_script: [[1], [{ run: 'x' }], [[null]]],
  cache: [[{ key: 'a/b' }], [{ paths: ['p'], policy: 'sometimes' }], [many(5).map((key) => ({ key }))]],
  coverage: [['\\d+%'], ['/x/i'], ['/(/', RE2]],
  dast_configuration: [[{ site_profile: 'a' }], ['a'], [1]],
  dependencies: [['build'], [[1]], [['nowhere'], OTHER_JOBS]],
  environment: [[{ url: 'https://x' }], ['a@b'], [{ name: 'a', action: 'go' }]],
  except: [['main'], [{}], [{ refs: ['/(/'] }, RE2]],
  extends: [[1], [{ job: 'a' }], ['.nowhere', OTHER_JOBS]],
  hooks: [[{ post_script: 'x' }], ['x'], [{ pre_get_sources_script: [1] }]],
  id_tokens: [[{ T: {} }], [{ T: { aud: 'a', exp: 1 } }], [{ T: 'a' }]],
  identity: [['google_cloud'], ['aws'], [1]],
  image: [[{ entrypoint: ['a'] }], [1], [{ name: 'i', pull_policy: 'sometimes' }]],
  inherit: [[{ tags: false }], [{ default: ['script'] }], [{ variables: 'A' }]],
  inputs: [[{ a: {} }], [{ a: { default: 'x', type: 'text' } }], [{ a: { default: 'x', type: 'number' } }, TYPES]],
  interruptible: [['yes'], [1], [[true]]],
  manual_confirmation: [[true], [1], [['sure?'], REFERENCE]],
  needs: [['build'], [[{ artifacts: true }]], [['nowhere'], OTHER_JOBS]],
  only: [['main'], [{ ref: ['main'] }], [{ variables: ['$A =='] }, EXPRESSIONS]],
  pages: [['public'], [{ path: 'x' }], [{ publish: 1 }]],
  parallel: [[0], [201], [{ matrix: [{ A: many(201) }] }, MULTIPLIED]],
  publish: [[1], [['public'], REFERENCE], ['public', TWO_KEYS]],
  release: [
    [{ tag_name: 'v1' }],
    [{ tag_name: 'v1', description: 'd', assets: { links: [{ name: 'n' }] } }],
    [{ tag_name: 'v1', description: 'd', released_at: '2024-02-31' }, DAYS],
  ],
  resource_group: [['/a'], ['a@b'], [long(256)]],
  retry: [[3], ['1'], [{ max: 1, when: 'bad_luck' }]],
  rules: [[[]], [[{}]], [[{ if: '$A &&' }], EXPRESSIONS]],
  run: [[[{ name: '1st', script: 'x' }]], [[{ name: 'a' }]], [[]]],
  script: [[''], [[]], [[{ echo: 'x' }]]],
  secrets: [[{ S: { token: '$T' } }], [{ S: { vault: { path: 'a' } } }], [{ S: { vault: 'a/b', files: true } }]],
  services: [[[{ alias: 'db' }]], ['postgres'], [[{ name: 'db', command: 'run' }]]],
  stage: [[1], [['test'], REFERENCE], ['nowhere', OTHER_JOBS]],
  start_in: [[60], ['soon', DURATIONS], ['2 weeks', DURATIONS]],
  tags: [['docker'], [[1]], [many(50), REFERENCE]],
  timeout: [[3600], ['soon', DURATIONS], ['2 months', DURATIONS]],
  trigger: [[{ branch: 'main' }], [{ include: [] }], [{ project: 'a/b', strategy: 'wait' }]],
  variables: [[['A'], REFERENCE], [{ A: ['b'] }], [{ A: { value: 'x', description: 'd' } }]],
  when: [['never'], ['sometimes'], [true]],
};

/** The same for the keywords of the root. */
const wrongAtTheTop: Record<string, readonly [Wrong, Wrong, Wrong]> = {
  default: [[{ stage: 'build' }], [{ tags: 'docker' }], [{ retry: 9 }]],
  include: [[[1]], [{ ref: 'main' }], [[{ local: 'a.yml', rules: [] }]]],
  stages: [['build'], [[1]], [{ a: 'b' }]],
  variables: [[['A']], [{ A: { value: 'x', what: 'y' } }], [{ A: { value: ['x'] } }]],
  workflow: [[{ rules: [] }], [{ rules: [{ when: 'manual' }] }], [{ auto_cancel: { on_new_commit: 'always' } }]],
};

const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(configurationSchema());

function rowsOf(table: Record<string, readonly Wrong[]>): [string, unknown, Blind | undefined][] {
  return Object.entries(table).flatMap(([keyword, values]) =>
    values.map(([value, blind]) => [keyword, value, blind] as [string, unknown, Blind | undefined]),
  );
}

/** A job of which nothing but the keyword is wrong. */
function jobWith(keyword: string, value: unknown): Record<string, unknown> {
  if (keyword === 'trigger' || keyword === 'run') return { [keyword]: value };
  if (keyword === 'start_in') return { script: 'x', when: 'delayed', start_in: value };
  return { script: 'x', [keyword]: value };
}

function errorsOf(configuration: unknown): string[] {
  // JSON is YAML, so the value reaches the compiler as it stands here.
  const answer = compile({ files: { 'gitlab/.gitlab-ci.yml': JSON.stringify(configuration) } });
  return answer.errors.map((error) => error.path ?? '');
}

describe('a wrong value', () => {
  it.each(rowsOf(wrong))('of the job keyword %s is refused: %j', (keyword, value, blind) => {
    const configuration = { job: jobWith(keyword, value) };
    expect(errorsOf(configuration).some((path) => path.startsWith('jobs:job') || path.includes('job'))).toBe(true);
    expect({ taken: validate(configuration), why: blind?.schemaTakesIt }).toEqual({
      taken: blind !== undefined,
      why: blind?.schemaTakesIt,
    });
  });

  it.each(rowsOf(wrongAtTheTop))('of the root keyword %s is refused: %j', (keyword, value, blind) => {
    const configuration = { [keyword]: value, job: { script: 'x' } };
    expect(errorsOf(configuration)).not.toEqual([]);
    expect(validate(configuration)).toBe(blind !== undefined);
  });

  it('is there three times for every keyword', () => {
    expect(Object.keys(wrong).sort()).toEqual([...jobKeyNames].sort());
  });
});
