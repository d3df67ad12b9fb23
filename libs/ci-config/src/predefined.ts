import type { CompileContext } from './contract.js';
import { completeContext, DEFAULT_CONFIG_PATH, type Context } from './context.js';

/** The version of GitLab whose language is spoken. */
const LANGUAGE_VERSION = '19.2.0';

/**
 * The predefined variables that are known before there is a pipeline, from the context alone. They
 * are the weakest of all: whatever the configuration or the project sets wins over them.
 */
export function predefinedVariables(context: CompileContext, configPath = DEFAULT_CONFIG_PATH): Map<string, string> {
  return predefined(completeContext(context, configPath, {}));
}

export function predefined(context: Context): Map<string, string> {
  const isMergeRequest = context.mergeRequest !== null;
  const refName = (isMergeRequest && context.mergeRequest?.source_branch) || context.ref;
  const [title = ''] = context.commitMessage.split('\n', 1);
  const [major = '', minor = '', patch = ''] = LANGUAGE_VERSION.split('.');
  const variables: [string, string][] = [
    ['CI', 'true'],
    ['GITLAB_CI', 'true'],
    ['CROSSTIE', 'true'],
    ['CI_SERVER_NAME', 'Crosstie'],
    ['CI_SERVER_VERSION', LANGUAGE_VERSION],
    ['CI_SERVER_VERSION_MAJOR', major],
    ['CI_SERVER_VERSION_MINOR', minor],
    ['CI_SERVER_VERSION_PATCH', patch],
    ['CI_TEMPLATE_REGISTRY_HOST', 'registry.gitlab.com'],
    ['GITLAB_FEATURES', ''],
    ['CI_CONFIG_PATH', context.configPath],
    ['CI_DEFAULT_BRANCH', context.defaultBranch],
    ['CI_PIPELINE_SOURCE', context.source],
    ['CI_COMMIT_SHA', context.sha],
    ['CI_COMMIT_SHORT_SHA', context.sha.slice(0, 8)],
    ['CI_COMMIT_BEFORE_SHA', context.beforeSha],
    ['CI_COMMIT_REF_NAME', refName],
    ['CI_COMMIT_REF_SLUG', slug(refName)],
    ['CI_COMMIT_REF_PROTECTED', String(context.isProtected)],
    ['CI_COMMIT_MESSAGE', context.commitMessage],
    ['CI_COMMIT_TITLE', title],
    ['CI_COMMIT_DESCRIPTION', context.commitMessage.slice(title.length).replace(/^\n+/, '')],
    ...refVariables(context, isMergeRequest),
    ...projectVariables(context.projectPath),
    ...mergeRequestVariables(context),
    ...context.predefined,
  ];
  return new Map(variables);
}

function refVariables(context: Context, isMergeRequest: boolean): [string, string][] {
  if (context.refType === 'tag') {
    return [
      ['CI_COMMIT_TAG', context.ref],
      ['CI_COMMIT_TAG_MESSAGE', ''],
    ];
  }
  return isMergeRequest ? [] : [['CI_COMMIT_BRANCH', context.ref]];
}

function projectVariables(path: string): [string, string][] {
  const parts = path.split('/');
  const namespace = parts.slice(0, -1).join('/');
  const name = parts.at(-1) ?? '';
  return [
    ['CI_PROJECT_PATH', path],
    ['CI_PROJECT_PATH_SLUG', slug(path)],
    ['CI_PROJECT_NAME', name],
    ['CI_PROJECT_TITLE', name],
    ['CI_PROJECT_NAMESPACE', namespace],
    ['CI_PROJECT_NAMESPACE_SLUG', slug(namespace)],
    ['CI_PROJECT_ROOT_NAMESPACE', parts.length > 1 ? (parts[0] ?? '') : namespace],
  ];
}

function mergeRequestVariables(context: Context): [string, string][] {
  const request = context.mergeRequest;
  if (request === null) return [];
  const number = request.iid === undefined ? undefined : String(request.iid);
  const source = request.source_branch ?? context.ref;
  const sourceProtected = context.isProtected && request.from_fork !== true;
  const variables: [string, string | undefined][] = [
    ['CI_MERGE_REQUEST_IID', number],
    ['CI_MERGE_REQUEST_TITLE', request.title],
    ['CI_MERGE_REQUEST_LABELS', request.labels && request.labels.length > 0 ? request.labels.join(',') : undefined],
    ['CI_MERGE_REQUEST_DRAFT', request.draft === undefined ? 'false' : String(request.draft)],
    ['CI_MERGE_REQUEST_SOURCE_BRANCH_NAME', source],
    ['CI_MERGE_REQUEST_TARGET_BRANCH_NAME', request.target_branch ?? context.defaultBranch],
    ['CI_MERGE_REQUEST_SOURCE_BRANCH_SHA', ''],
    ['CI_MERGE_REQUEST_TARGET_BRANCH_SHA', ''],
    ['CI_MERGE_REQUEST_PROJECT_PATH', context.projectPath],
    ['CI_MERGE_REQUEST_SOURCE_PROJECT_PATH', request.from_fork === true ? undefined : context.projectPath],
    ['CI_MERGE_REQUEST_REF_PATH', number === undefined ? undefined : `refs/pull/${number}/head`],
    ['CI_MERGE_REQUEST_EVENT_TYPE', 'detached'],
    ['CI_MERGE_REQUEST_SOURCE_BRANCH_PROTECTED', String(sourceProtected)],
    ['CI_MERGE_REQUEST_TARGET_BRANCH_PROTECTED', String(request.target_branch_protected ?? false)],
    ['CI_EXTERNAL_PULL_REQUEST_IID', number],
    ['CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME', source],
    ['CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME', request.target_branch ?? context.defaultBranch],
    ['CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA', context.sha],
    ['CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY', context.projectPath],
  ];
  return variables.filter((pair): pair is [string, string] => pair[1] !== undefined);
}

/** A name made fit for host names and paths: at most 63 of `a-z0-9-`, no dash at either end. */
export function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
}
