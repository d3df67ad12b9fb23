/**
 * The answer to a runner that gets a job. Runners decode it strictly: a number where a text is expected, or the
 * reverse, loses the whole job without a word. Hence these types, and no value in it that is not built here.
 */
export interface JobPayload {
  id: number;
  token: string;
  allow_git_fetch: boolean;
  job_info: JobInfo;
  git_info: GitInfo;
  runner_info: { uuid: string; timeout: number };
  variables: PayloadVariable[];
  steps: PayloadStep[];
  image: PayloadImage | null;
  services: PayloadService[];
  artifacts: PayloadArtifact[];
  hooks: PayloadHook[];
  /** A list of native steps as JSON text, in place of `steps`; runners cannot read a job in which it is null. */
  run?: string;
  cache: PayloadCache[];
  credentials: never[];
  dependencies: PayloadDependency[];
  features: { trace_sections: boolean; token_mask_prefixes: string[]; failure_reasons: string[] };
}

export interface JobInfo {
  name: string;
  stage: string;
  pipeline_id: number;
  project_id: number;
  project_name: string;
  project_full_path: string;
  namespace_id: number;
  root_namespace_id: number;
  organization_id: number;
  instance_id: string;
  instance_uuid: string;
  user_id: number;
  time_in_queue_seconds: number;
  /** A text, whatever its name says. */
  project_jobs_running_on_instance_runners_count: string;
  queue_size: number;
  queue_depth: number;
}

export interface GitInfo {
  repo_url: string;
  repo_object_format: string;
  ref: string;
  sha: string;
  before_sha: string;
  ref_type: 'branch' | 'tag';
  refspecs: string[];
  depth: number;
  protected: boolean;
}

export interface PayloadVariable {
  key: string;
  value: string;
  public: boolean;
  file: boolean;
  masked: boolean;
  raw: boolean;
}

export interface PayloadStep {
  name: 'script' | 'after_script';
  script: string[];
  timeout: number;
  when: 'on_success' | 'always';
  allow_failure: boolean;
}

export interface PayloadHook {
  name: 'pre_get_sources_script';
  script: string[];
}

export interface PayloadCache {
  key: string;
  untracked: boolean;
  policy: string;
  paths: string[];
  when: string;
  fallback_keys: string[];
}

export interface PayloadImage {
  name: string;
  entrypoint?: string[];
  pull_policy?: string[];
  executor_opts?: ExecutorOptions;
}

export interface ExecutorOptions {
  docker?: { platform?: string; user?: string };
  kubernetes?: { user: string | number };
}

export interface PayloadService extends PayloadImage {
  alias?: string;
  command?: string[];
  variables: PayloadVariable[];
}

export interface PayloadArtifact {
  name: string;
  untracked: boolean;
  paths: string[];
  exclude: string[];
  when: string;
  artifact_type: string;
  artifact_format: string;
  expire_in: string;
}

export interface PayloadDependency {
  id: number;
  name: string;
  token: string;
  artifacts_file: { filename: string; size: number };
}
