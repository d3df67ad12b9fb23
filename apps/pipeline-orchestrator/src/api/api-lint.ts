import type { CompiledJob, Finding, PlainObject, WrittenJob } from '@crosstie/ci-config';

import type { Linted, LintedInclude } from '../config-lint.js';

/** What GitLab answers to a lint: always 200, whatever is wrong with the file. */
export interface ApiLint {
  valid: boolean;
  /** Sentences, each with its place in brackets. */
  errors: string[];
  warnings: string[];
  merged_yaml: string | null;
  includes: ApiLintInclude[];
  jobs?: ApiLintJob[];
  /** What GitLab has no word for: findings as data, and what a push would come to. */
  crosstie: {
    errors: Finding[];
    warnings: Finding[];
    created: boolean;
    reason: string | null;
    stages: string[];
    config_path: string;
    ref: string;
    sha: string | null;
    /** What the file of the repository holds; null for a text that was sent. */
    content: string | null;
    /** Why each job is in the pipeline of that push or not, as the compiler tells it; null unless jobs were asked for. */
    explain: PlainObject | null;
  };
}

export interface ApiLintInclude {
  type: string;
  location: string;
  blob: string | null;
  raw: string | null;
  extra: Readonly<Record<string, string>>;
  context_project: string;
  context_sha: string | null;
}

export interface ApiLintJob {
  name: string;
  stage: string;
  before_script: string[];
  script: string[];
  after_script: string[];
  tag_list: string[];
  /** Only of a file that is checked as it is written. */
  only?: unknown;
  except?: unknown;
  when: string;
  allow_failure: boolean;
  environment: string | null;
  needs: { name: string | undefined; artifacts: boolean; optional: boolean }[] | null;
}

export interface LintOptions {
  /** Null: none. `push`: what a push would make; `written`: every job of the file, as GitLab answers without a dry run. */
  jobs: 'push' | 'written' | null;
  /** GitHub's web address, for links to local files. */
  githubUrl: string;
}

export function toApiLint(linted: Linted, options: LintOptions): ApiLint {
  const { answer, unsupported } = linted;
  const errors = distinct([...answer.errors, ...unsupported]);
  return {
    valid: errors.length === 0,
    errors: errors.map(sentence),
    warnings: answer.warnings.map(sentence),
    merged_yaml: linted.merged,
    includes: linted.includes.map((one) => toInclude(one, linted, options.githubUrl)),
    ...(options.jobs === 'push' && { jobs: answer.jobs.map(toJob) }),
    ...(options.jobs === 'written' && { jobs: linted.written.map(toWrittenJob) }),
    crosstie: {
      errors,
      warnings: answer.warnings,
      created: answer.created && errors.length === 0,
      reason: answer.reason,
      stages: answer.stages,
      config_path: linted.configPath,
      ref: linted.ref,
      sha: linted.sha,
      content: linted.content,
      explain: options.jobs === null ? null : (answer.explain ?? null),
    },
  };
}

function toJob(job: CompiledJob): ApiLintJob {
  const environment = job.environment?.['name'];
  return {
    name: job.name,
    stage: job.stage,
    before_script: job.before_script,
    script: job.script,
    after_script: job.after_script,
    tag_list: job.tags,
    when: job.when,
    allow_failure: job.allow_failure === true,
    environment: typeof environment === 'string' ? environment : null,
    needs: job.needs?.map(({ job: name, artifacts, optional }) => ({ name, artifacts, optional })) ?? null,
  };
}

function toWrittenJob({ tags, ...job }: WrittenJob): ApiLintJob {
  return { ...job, tag_list: tags };
}

function toInclude({ type, location, extra }: LintedInclude, { fullName, sha }: Linted, githubUrl: string) {
  const path = location.split('/').map(encodeURIComponent).join('/');
  const at = (view: string): string | null =>
    type === 'local' ? `${githubUrl}/${fullName}/${view}/${sha ?? 'HEAD'}/${path}` : null;
  const raw = type === 'remote' ? location : at('raw');
  return { type, location, blob: at('blob'), raw, extra, context_project: fullName, context_sha: sha };
}

function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((one) => [`${one.message} ${one.file ?? ''} ${one.line ?? ''}`, one])).values()];
}

/** With its place, as editors and terminals link it. */
function sentence({ message, file, line, column }: Finding): string {
  if (line === undefined) return message;
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return `${message} (${place})`;
}
