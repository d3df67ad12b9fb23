import { bundledTemplate, bundledTemplateNames, compile, type CompileContext } from '../index.js';

function compiled(name: string, context: CompileContext = {}) {
  const main = `include: {template: ${name}}\nown: {script: x, rules: [{when: on_success}]}\n`;
  const other = { [`template:${name}`]: bundledTemplate(name) ?? '' };
  return compile({ files: { 'gitlab/.gitlab-ci.yml': main }, other, context: { paths: ['Dockerfile'], ...context } });
}

describe('a bundled template', () => {
  it.each(bundledTemplateNames)('%s compiles for a push to the default branch', (name) => {
    const answer = compiled(name);
    expect({ errors: answer.errors, created: answer.created }).toEqual({ errors: [], created: true });
  });

  it.each(['Bash', 'Docker', 'Go', 'Gradle', 'Maven', 'Nodejs', 'Python', 'Ruby', 'Rust'])(
    'for %s brings jobs',
    (language) => {
      expect(compiled(`${language}.gitlab-ci.yml`).jobs.length).toBeGreaterThan(1);
    },
  );

  it('for merge-request pipelines keeps a branch from having a second one', () => {
    const name = 'Workflows/MergeRequest-Pipelines.gitlab-ci.yml';
    const request = { iid: 1, source_branch: 'f', target_branch: 'main' };
    expect(compiled(name, { source: 'merge_request_event', merge_request: request }).created).toBe(true);
    expect(compiled(name, { ref: 'f' }).created).toBe(false);
    expect(compiled(name, { ref: 'v1', ref_type: 'tag' }).created).toBe(true);
  });

  it('for branch pipelines leaves merge requests out', () => {
    const name = 'Workflows/Branch-Pipelines.gitlab-ci.yml';
    expect(compiled(name, { source: 'merge_request_event', merge_request: { iid: 1 } }).created).toBe(false);
    expect(compiled(name, { ref: 'f' }).created).toBe(true);
  });
});
