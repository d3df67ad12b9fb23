import { FileNames, type Names } from './decide/names.js';
import type { CompileContext, MergeRequestContext } from './contract.js';

/** The context with everything filled in that was left out. */
export interface Context {
  readonly source: string;
  readonly ref: string;
  readonly refType: 'branch' | 'tag';
  readonly sha: string;
  readonly beforeSha: string;
  readonly defaultBranch: string;
  readonly isProtected: boolean;
  readonly commitMessage: string;
  readonly names: Names;
  readonly variables: ReadonlyMap<string, string>;
  readonly predefined: ReadonlyMap<string, string>;
  readonly inputs: ReadonlyMap<string, unknown>;
  readonly projectPath: string;
  /** Set in pipelines for a merge request and in their child pipelines. */
  readonly mergeRequest: MergeRequestContext | null;
  readonly configPath: string;
}

export const DEFAULT_CONFIG_PATH = 'gitlab/.gitlab-ci.yml';
const ZEROS = '0'.repeat(40);

export function completeContext(
  given: CompileContext,
  configPath: string,
  files: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>> = {},
): Context {
  const isMergeRequest = given.source === 'merge_request_event' || given.source === 'parent_pipeline';
  return {
    source: given.source ?? 'push',
    ref: given.ref ?? 'main',
    refType: given.ref_type ?? 'branch',
    sha: given.sha ?? ZEROS,
    beforeSha: given.before_sha ?? ZEROS,
    defaultBranch: given.default_branch ?? 'main',
    isProtected: given.protected ?? false,
    commitMessage: given.commit_message ?? '',
    names: new FileNames(given, files, other),
    variables: new Map(Object.entries(given.variables ?? {})),
    predefined: new Map(Object.entries(given.predefined ?? {})),
    inputs: new Map(Object.entries(given.inputs ?? {})),
    projectPath: given.project_path ?? 'acme/widget',
    mergeRequest: isMergeRequest ? (given.merge_request ?? (given.source === 'merge_request_event' ? {} : null)) : null,
    configPath,
  };
}
