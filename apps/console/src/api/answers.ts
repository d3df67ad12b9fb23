/** What the API answers, as far as the console reads it. Names are the wire's. */

export interface ApiPerson {
  readonly id: number;
  readonly username: string;
  readonly name: string;
  readonly avatar_url: string | null;
}

export interface ApiProject {
  readonly id: number;
  readonly name: string;
  readonly path_with_namespace: string;
  readonly default_branch: string | null;
  readonly web_url: string;
  readonly http_url_to_repo: string;
  readonly archived: boolean;
  readonly visibility: string;
  readonly permissions: { readonly project_access: { readonly access_level: number } | null };
  readonly crosstie?: {
    readonly github_url: string;
    readonly enabled: boolean;
    readonly last_pipeline: ApiPipeline | null;
  };
}

export interface ApiPipeline {
  readonly id: number;
  readonly iid: number;
  readonly project_id: number;
  readonly sha: string;
  readonly ref: string;
  readonly status: string;
  readonly source: string;
  readonly name: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly web_url: string;
  readonly crosstie?: PipelineExtra;
}

/** What GitLab has no word for; in lists and in the single pipeline. */
export interface PipelineExtra {
  readonly attempt: number;
  readonly recovered: boolean;
  readonly failure_reason: string | null;
  readonly failure_message: string | null;
  readonly sender_login: string | null;
  readonly run_as: string | null;
  readonly commit_title: string;
  readonly duration_s: number | null;
}

export interface ApiPipelineDetail extends ApiPipeline {
  readonly user: ApiPerson | Record<string, never>;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly duration: number | null;
  readonly queued_duration: number | null;
  readonly yaml_errors: string | null;
  readonly failure_reason: string | null;
}

/** Whether this person may do it now, and if not, why, in a sentence. */
export interface ApiAction {
  readonly allowed: boolean;
  readonly reason: string | null;
}

/** `GET /api/crosstie/v1/pipelines/:id`. */
export interface ApiPipelineView {
  readonly id: number;
  readonly project_id: number;
  readonly refusal: {
    readonly reason: string;
    readonly sentence: string;
    readonly remedy: 'run_as_me' | 'link_account' | 'accept_terms' | 'fix_configuration' | 'ask_someone';
    readonly helpers: string[];
  } | null;
  readonly attempts: {
    readonly n: number;
    readonly username: string | null;
    readonly cause: string;
    readonly created_at: string;
  }[];
  /** Texts that were included, with the digest that each had then. */
  readonly includes: { readonly name: string; readonly digest: string; readonly pinned: boolean | null }[];
  readonly verdict: {
    readonly wanted: string;
    readonly sent: string | null;
    readonly sent_at: string | null;
    readonly last_error: string | null;
  } | null;
  readonly delivery: { readonly id: number; readonly guid: string } | null;
  readonly actions: { readonly retry: ApiAction; readonly cancel: ApiAction; readonly play: ApiAction };
}

export interface ApiJob {
  readonly id: number;
  readonly name: string;
  readonly stage: string;
  readonly status: string;
  readonly ref: string;
  readonly allow_failure: boolean;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly duration: number | null;
  readonly queued_duration: number | null;
  readonly failure_reason?: string;
  readonly web_url: string;
  readonly tag_list: string[];
  readonly user: ApiPerson | Record<string, never>;
  readonly pipeline: ApiPipeline;
  readonly runner: { readonly id: number; readonly description: string } | null;
  readonly runner_manager: { readonly system_id: string; readonly version: string | null } | null;
  readonly artifacts: { readonly file_type: string; readonly filename: string; readonly size: number }[];
}

/** `GET /api/crosstie/v1/projects/:id/waiting`. */
export interface ApiWaitingPush {
  readonly received_at: string;
  readonly resume_at: string | null;
  readonly attempts: number;
  readonly sentence: string;
}

/** `GET /api/crosstie/v1/jobs/:id`. */
export interface ApiJobView {
  readonly id: number;
  readonly project_id: number;
  readonly pipeline_id: number;
  readonly exit_code: number | null;
  readonly explanation: string | null;
  readonly attempts: { readonly id: number; readonly status: string; readonly created_at: string }[];
  readonly trace_size: number;
  readonly may_read_log: ApiAction;
  readonly stuck: boolean;
  readonly scheduled_at: string | null;
  readonly actions: { readonly retry: ApiAction; readonly cancel: ApiAction; readonly play: ApiAction };
}

export interface ApiRunner {
  readonly id: number;
  readonly description: string | null;
  readonly paused: boolean;
  readonly runner_type: string;
  readonly online: boolean | null;
  readonly status: string;
  readonly ip_address: string | null;
  readonly job_execution_status?: string;
  readonly created_at: string;
  readonly contacted_at?: string | null;
  readonly tag_list?: string[];
}

/** `GET /api/v4/runners/:id`. */
export interface ApiRunnerDetails extends ApiRunner {
  readonly run_untagged: boolean;
  readonly locked: boolean;
  readonly access_level: string;
  readonly maximum_timeout: number | null;
  readonly version: string | null;
  readonly platform: string | null;
  readonly architecture: string | null;
  readonly projects: { readonly id: number; readonly path_with_namespace: string }[];
}

/** `GET /api/v4/runners/:id/jobs`. */
export interface ApiRunnerJob {
  readonly id: number;
  readonly status: string;
  readonly name: string;
  readonly allow_failure: boolean;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly project: { readonly id: number; readonly path_with_namespace: string };
}

/** `GET /api/crosstie/v1/jobs/:id/artifacts`. */
export interface ApiFiles {
  readonly files: {
    readonly file_type: string;
    readonly file_format: string;
    readonly filename: string;
    readonly size: number;
    readonly expire_at: string | null;
    readonly url: string;
  }[];
  readonly may_read: ApiAction;
}

/** A folder inside a job's archive. */
export interface ApiEntries {
  readonly path: string;
  readonly entries: {
    readonly type: 'folder' | 'file';
    readonly name: string;
    readonly path: string;
    readonly size: number;
    readonly files: number;
  }[];
  readonly next_page: number | null;
  readonly left_out: number;
}

/** One thing that is wrong in a CI file, or surely not meant. */
export interface ApiFinding {
  readonly code: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/** Why a job is in a pipeline or not. */
export interface ApiJobExplanation {
  readonly kept: boolean;
  readonly by: 'rules' | 'only' | 'except' | 'default';
  /** Which entry of `rules` decided; null: none. */
  readonly rule: number | null;
  readonly rules: {
    readonly index: number;
    readonly file: string;
    readonly line: number;
    readonly matched: boolean;
    readonly if: string | null;
    readonly parts: { readonly text: string; readonly value: string | boolean | null }[];
  }[];
}

/** `…/ci/lint`. */
export interface ApiLint {
  readonly valid: boolean;
  readonly merged_yaml: string | null;
  readonly includes: { readonly type: string; readonly location: string }[];
  readonly jobs?: {
    readonly name: string;
    readonly stage: string;
    readonly when: string;
    readonly tag_list: string[];
    readonly allow_failure: boolean;
    readonly needs: { readonly name?: string }[] | null;
  }[];
  readonly crosstie: {
    readonly errors: ApiFinding[];
    readonly warnings: ApiFinding[];
    readonly created: boolean;
    readonly reason: string | null;
    readonly stages: string[];
    readonly config_path: string;
    readonly ref: string;
    readonly sha: string | null;
    /** What the file of the repository holds; null for a text that was sent. */
    readonly content: string | null;
    readonly explain: { readonly jobs: Readonly<Record<string, ApiJobExplanation>> } | null;
  };
}

export interface ApiDelivery {
  readonly id: number;
  readonly guid: string;
  readonly event: string;
  readonly state: string;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly sentence: string;
  readonly received_at: string;
  readonly done_at: string | null;
  readonly attempts: number;
  readonly recovered: boolean;
  readonly body_size: number;
  readonly project: { readonly id: number; readonly path_with_namespace: string } | null;
  readonly pipelines: { readonly id: number; readonly status: string; readonly web_path: string }[];
}

export interface ApiDeadLetter {
  readonly id: number;
  readonly service: string;
  readonly type: string;
  readonly payload: Record<string, unknown>;
  readonly error: string;
  readonly attempts: number;
  readonly created_at: string;
  readonly replayed_at: string | null;
}
