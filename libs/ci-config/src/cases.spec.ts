import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { compile, type CompileInput } from './index.js';

/**
 * Language cases: `cases/NAME.yml` is the configuration; `cases/NAME.json` has what else goes in
 * (`context`, `files`, `other`) and `expect`, a part of the answer. Expected errors and warnings are
 * given as parts too, and all of them: an unexpected one fails the case. `jobs` may be given as an
 * object by name, then only the named fields of the named jobs are compared.
 */
const folder = join(import.meta.dirname, '../cases');

interface Case extends CompileInput {
  expect: Record<string, unknown>;
}

function readCase(name: string): { input: CompileInput; expected: Record<string, unknown> } {
  const text = readFileSync(join(folder, `${name}.yml`), 'utf8');
  const { expect: expected, ...input } = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Case;
  return { input: { ...input, files: { ...input.files, 'gitlab/.gitlab-ci.yml': text } }, expected };
}

describe('language case', () => {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.yml'))
    .map((file) => basename(file, '.yml'));

  it.each(names)('%s', (name) => {
    const { input, expected } = readCase(name);
    const answer = JSON.parse(JSON.stringify(compile(input)));
    const { jobs, errors = [], warnings = [], ...rest } = expected;
    expect(answer).toMatchObject({ errors, warnings, ...rest });
    if (jobs === undefined) return;
    if (Array.isArray(jobs)) expect(answer.jobs.map((job: { name: string }) => job.name)).toEqual(jobs);
    else {
      const byName = Object.fromEntries(answer.jobs.map((job: { name: string }) => [job.name, job]));
      expect(byName).toMatchObject(jobs as object);
    }
  });
});
