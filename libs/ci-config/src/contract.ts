/**
 * The faces of the compiler: what it is given and what it answers. The names are those of the
 * command line's JSON lines, so that the pipeline, the lint API and tools outside read one form.
 */

/** Where the commit comes from; every key is optional, see `defaultContext` for what is assumed. */
export interface CompileContext {
  source?: string;
  ref?: string;
  ref_type?: 'branch' | 'tag';
  sha?: string;
  before_sha?: string;
  default_branch?: string;
  protected?: boolean;
  commit_message?: string;
  /** Null or absent: not known, so `changes` matches. */
  changed_paths?: readonly string[] | null;
  paths?: readonly string[];
  /**
   * For `compare_to`: what changed since the branch left a ref. Null: not known, so it matches; false:
   * there is no such ref. A ref that is not listed is answered with `changed_paths`.
   */
  comparisons?: Readonly<Record<string, readonly string[] | null | false>>;
  /** For `exists:project`: the files of `project@ref` (`HEAD` without a ref); false: not there, or not to be seen. */
  trees?: Readonly<Record<string, readonly string[] | false>>;
  variables?: Readonly<Record<string, string>>;
  /** Predefined variables that the caller knows beside those that follow from the context; the weakest of all. */
  predefined?: Readonly<Record<string, string>>;
  inputs?: Readonly<Record<string, unknown>>;
  project_path?: string;
  merge_request?: MergeRequestContext | null;
}

export interface MergeRequestContext {
  iid?: number;
  source_branch?: string;
  target_branch?: string;
  labels?: readonly string[];
  draft?: boolean;
  from_fork?: boolean;
  target_branch_protected?: boolean;
  title?: string;
}

/** Which commit and which released version an address meant; `version` is null where it meant none. */
export interface ComponentFacts {
  sha: string;
  version: string | null;
}

export interface CompileInput {
  id?: string;
  files?: Readonly<Record<string, string>>;
  other?: Readonly<Record<string, string>>;
  /** What is known of a component beside its text, by its key in `other`: see `spec:component`. */
  components?: Readonly<Record<string, ComponentFacts>>;
  /** Keys of `wanted` that could not be had, each with the sentence that says why. They are asked for no more. */
  unavailable?: Readonly<Record<string, string>>;
  config_path?: string;
  context?: CompileContext;
  explain?: boolean;
}

/** One fault or warning; `code` is stable, the sentence is not. Lines and columns count from 1. */
export interface Finding {
  code: string;
  message: string;
  path?: string;
  file?: string;
  line?: number;
  column?: number;
}

export type JobWhen = 'on_success' | 'on_failure' | 'always' | 'manual' | 'delayed';

export type VariableValue = string | { value: string; expand: false };

export interface CompiledNeed {
  job?: string;
  artifacts: boolean;
  optional: boolean;
  project?: string;
  ref?: string;
  pipeline?: string;
}

export interface CompiledImage {
  name: string;
  entrypoint?: string[];
  pull_policy?: string[];
  docker?: PlainObject;
  kubernetes?: PlainObject;
}

export interface CompiledService extends CompiledImage {
  alias?: string;
  command?: string[];
  variables?: Record<string, string>;
}

export interface CompiledRetry {
  max: number;
  when: string[];
  exit_codes: number[];
}

export type PlainValue = string | number | boolean | null | PlainValue[] | PlainObject;
export interface PlainObject {
  [key: string]: PlainValue;
}

export interface CompiledJob {
  name: string;
  stage: string;
  when: JobWhen;
  /** Seconds. */
  start_in: number | null;
  allow_failure: boolean | { exit_codes: number[] };
  needs: CompiledNeed[] | null;
  dependencies: string[] | null;
  tags: string[];
  image: CompiledImage | null;
  services: CompiledService[];
  before_script: string[];
  script: string[];
  after_script: string[];
  variables: Record<string, VariableValue>;
  cache: PlainObject[];
  artifacts: PlainObject | null;
  retry: CompiledRetry;
  /** Seconds. */
  timeout: number | null;
  parallel: { index: number; total: number } | null;
  environment: PlainObject | null;
  resource_group: string | null;
  interruptible: boolean;
  coverage: string | null;
  release: PlainObject | null;
  trigger: PlainObject | null;
  id_tokens: PlainObject | null;
  secrets: PlainObject | null;
  hooks: PlainObject | null;
  pages: PlainObject | null;
  manual_confirmation?: string;
  run?: PlainValue[];
  inputs?: PlainObject;
}

export interface CompileAnswer {
  id: string;
  valid: boolean;
  errors: Finding[];
  warnings: Finding[];
  created: boolean;
  reason: string | null;
  name: string | null;
  stages: string[];
  variables: Record<string, VariableValue>;
  jobs: CompiledJob[];
  wanted: string[];
  /** `workflow:auto_cancel` with what the matching rule lays over it; null when neither says anything. */
  auto_cancel: PlainObject | null;
  explain?: PlainObject;
}
