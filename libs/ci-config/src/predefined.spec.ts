import { compile, predefinedVariables } from './index.js';

describe('predefined variables', () => {
  it('of a branch push', () => {
    const variables = predefinedVariables({
      ref: 'feature/Ü_x',
      sha: '0123456789abcdef0123456789abcdef01234567',
      commit_message: 'Title\n\nBody',
      project_path: 'Acme/Widget.js',
      protected: true,
    });
    expect(Object.fromEntries(variables)).toMatchObject({
      CI: 'true',
      CI_COMMIT_BRANCH: 'feature/Ü_x',
      CI_COMMIT_REF_NAME: 'feature/Ü_x',
      CI_COMMIT_REF_SLUG: 'feature---x',
      CI_COMMIT_SHORT_SHA: '01234567',
      CI_COMMIT_TITLE: 'Title',
      CI_COMMIT_DESCRIPTION: 'Body',
      CI_COMMIT_REF_PROTECTED: 'true',
      CI_PIPELINE_SOURCE: 'push',
      CI_PROJECT_NAME: 'Widget.js',
      CI_PROJECT_NAMESPACE: 'Acme',
      CI_PROJECT_PATH_SLUG: 'acme-widget-js',
    });
    expect(variables.has('CI_COMMIT_TAG')).toBe(false);
    expect(variables.has('CI_MERGE_REQUEST_IID')).toBe(false);
  });

  it('of a tag have no branch', () => {
    const variables = predefinedVariables({ ref: 'v1', ref_type: 'tag' });
    expect(variables.get('CI_COMMIT_TAG')).toBe('v1');
    expect(variables.has('CI_COMMIT_BRANCH')).toBe(false);
  });

  it('of a merge request name its branches and no commit branch', () => {
    const variables = predefinedVariables({
      source: 'merge_request_event',
      ref: 'topic',
      merge_request: { iid: 12, source_branch: 'topic', target_branch: 'main', labels: ['a', 'b'], draft: true },
    });
    expect(Object.fromEntries(variables)).toMatchObject({
      CI_MERGE_REQUEST_IID: '12',
      CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: 'topic',
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
      CI_MERGE_REQUEST_LABELS: 'a,b',
      CI_MERGE_REQUEST_DRAFT: 'true',
      CI_MERGE_REQUEST_REF_PATH: 'refs/pull/12/head',
      CI_COMMIT_REF_NAME: 'topic',
    });
    expect(variables.has('CI_COMMIT_BRANCH')).toBe(false);
  });

  it('that the caller knows besides are the weakest of all', () => {
    const predefined = { CI_SERVER_FQDN: 'ci.example', CI_PROJECT_ID: '7' };
    expect(Object.fromEntries(predefinedVariables({ predefined }))).toMatchObject(predefined);
    const text = 'variables: {CI_PROJECT_ID: "8"}\njob: {script: x, rules: [{if: $CI_PROJECT_ID == "8"}]}';
    const { jobs } = compile({ files: { 'gitlab/.gitlab-ci.yml': text }, context: { predefined } });
    expect(jobs).toHaveLength(1);
  });
});
