/** The parts of the 201 body of `POST jobs/request` that this runner reads. */
export interface JobPayload {
  id: number;
  token: string;
  allow_git_fetch?: boolean;
  job_info?: { name?: string; stage?: string; project_id?: number; project_full_path?: string };
  git_info: { repo_url: string; sha: string; ref?: string; refspecs?: string[]; depth?: number };
  runner_info?: { timeout?: number };
  variables: JobVariable[];
  steps: JobStep[];
  image?: { name?: string } | null;
  services?: { name?: string }[] | null;
  hooks?: { name: string; script: string[] }[] | null;
  cache?: JobCache[] | null;
  artifacts?: JobArtifact[] | null;
  dependencies?: JobDependency[] | null;
  features?: { trace_sections?: boolean; token_mask_prefixes?: string[] | null; failure_reasons?: string[] | null };
}

export interface JobVariable {
  key: string;
  value: string;
  file?: boolean;
  masked?: boolean;
  raw?: boolean;
}

export interface JobStep {
  name: string;
  script: string[];
}

export interface JobArtifact {
  name?: string;
  untracked?: boolean;
  paths?: string[] | null;
  exclude?: string[] | null;
  when?: string;
  artifact_type?: string;
  artifact_format?: string;
  expire_in?: string;
}

export interface JobCache {
  key?: string;
  untracked?: boolean;
  policy?: string;
  paths?: string[] | null;
  when?: string;
  fallback_keys?: string[] | null;
}

export interface JobDependency {
  id: number;
  name: string;
  token: string;
  artifacts_file?: { filename?: string; size?: number } | null;
}

/**
 * Checks what cannot be missing, so that a broken answer is refused before anything is run.
 *
 * @throws Error naming the missing key
 */
export function readJobPayload(body: unknown): JobPayload {
  const job = body as Partial<JobPayload> | null;
  if (!job || !Number.isSafeInteger(job.id) || (job.id as number) <= 0) throw new Error('the job has no usable id');
  if (typeof job.token !== 'string' || job.token === '') throw new Error('the job has no token');
  if (typeof job.git_info?.repo_url !== 'string') throw new Error('the job has no git_info.repo_url');
  if (!/^[0-9a-f]{8,64}$/i.test(job.git_info.sha ?? '')) throw new Error('the job has no usable git_info.sha');
  if (!Array.isArray(job.steps) || !Array.isArray(job.variables)) throw new Error('the job has no steps or variables');
  for (const variable of job.variables) {
    if (typeof variable.key !== 'string' || typeof variable.value !== 'string') {
      throw new Error('a variable of the job is not text');
    }
  }
  return job as JobPayload;
}
