import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Ajv } from 'ajv';
import { compileWhole } from '../compile.js';
import { toPlain } from './plain-value.js';
import { configurationSchema } from './schema.js';

const folder = join(import.meta.dirname, '../../cases');
const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(configurationSchema());

/** Each case as the compiler reads it: YAML 1.1, references followed. */
const cases = readdirSync(folder)
  .filter((file) => file.endsWith('.yml'))
  .map((file) => {
    const name = basename(file, '.yml');
    const { expect: _expect, ...input } = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
    const text = readFileSync(join(folder, file), 'utf8');
    return { name, whole: compileWhole({ ...input, files: { ...input.files, 'gitlab/.gitlab-ci.yml': text } }) };
  });

describe('the schema for editors', () => {
  it.each(cases.filter(({ whole }) => whole.answer.valid).map(({ name, whole }) => [name, whole] as const))(
    'takes the valid case %s',
    (_name, whole) => {
      validate(JSON.parse(JSON.stringify(toPlain(whole.configuration?.at as never))));
      expect(validate.errors ?? []).toEqual([]);
    },
  );

  it.each([
    ['when', 'sometimes'],
    ['retry', 3],
    ['retry', '1'],
    ['script', ''],
    ['script', []],
    ['script', [1]],
    ['scripts', 'x'],
    ['parallel', 0],
    ['parallel', { matrix: [{ A: 1.5 }] }],
    ['parallel', { matrix: [] }],
    ['cache', { key: 'a/b' }],
    ['cache', { policy: 'pul' }],
    ['artifacts', { paths: 'a' }],
    ['artifacts', { reports: { junits: 'a' } }],
    ['environment', { name: 'a', action: 'go' }],
    ['environment', 'a:b'],
    ['image', { entrypoint: ['a'] }],
    ['needs', 'build'],
    ['needs', [{ artifacts: true }]],
    ['rules', []],
    ['rules', [{ when: 'maybe' }]],
    ['rules', [{ changes: ['a'], needs: 'x' }]],
    ['tags', 'a'],
    ['timeout', 3600],
    ['variables', { A: ['b'] }],
    ['id_tokens', { T: {} }],
    ['secrets', { S: { file: true } }],
    ['trigger', { branch: 'x' }],
    ['trigger', { include: [] }],
    ['release', { tag_name: 'a' }],
    ['resource_group', '/a'],
    ['coverage', 'no slashes'],
    ['allow_failure', 'yes'],
    ['identity', 'google_cloud'],
    ['run', [{ name: 'a' }]],
  ])('refuses the job keyword %s as %j', (keyword, value) => {
    expect(validate({ job: { script: 'x', [keyword]: value } })).toBe(false);
  });

  it.each([
    [{ stages: 'test' }],
    [{ variables: { A: { value: 'x', what: 'y' } } }],
    [{ workflow: { rules: [{ when: 'manual' }] } }],
    [{ default: { script: 'x' } }],
    [{ include: [{ locale: 'a.yml' }] }],
    [{ job: 'make' }],
  ])('refuses %j at the top', (value) => {
    expect(validate(value)).toBe(false);
  });

  it('describes every keyword', () => {
    const { definitions } = configurationSchema();
    const silent = Object.entries(definitions).filter(([name, one]) => name !== 'default' && !one.description);
    expect(silent).toEqual([]);
  });
});
