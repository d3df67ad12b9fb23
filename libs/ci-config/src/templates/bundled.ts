import { bash, docker, go, gradle, maven, nodejs, python, ruby, rust } from './languages.js';
import { branchPipelines, mergeRequestPipelines } from './workflows.js';

/**
 * The templates that come with Crosstie, under the names that GitLab gives them, so that files written
 * there find them. The texts are ours, for the commonest needs alone; whoever wants another one includes it
 * by `remote`.
 */
const TEMPLATES: ReadonlyMap<string, string> = new Map([
  ['Bash.gitlab-ci.yml', bash],
  ['Docker.gitlab-ci.yml', docker],
  ['Go.gitlab-ci.yml', go],
  ['Gradle.gitlab-ci.yml', gradle],
  ['Maven.gitlab-ci.yml', maven],
  ['Nodejs.gitlab-ci.yml', nodejs],
  ['Python.gitlab-ci.yml', python],
  ['Ruby.gitlab-ci.yml', ruby],
  ['Rust.gitlab-ci.yml', rust],
  ['Workflows/Branch-Pipelines.gitlab-ci.yml', branchPipelines],
  ['Workflows/MergeRequest-Pipelines.gitlab-ci.yml', mergeRequestPipelines],
]);

/** The text of a bundled template, or undefined. The compiler itself asks its caller for it, as for any text. */
export function bundledTemplate(name: string): string | undefined {
  return TEMPLATES.get(name);
}

export const bundledTemplateNames: readonly string[] = [...TEMPLATES.keys()];
