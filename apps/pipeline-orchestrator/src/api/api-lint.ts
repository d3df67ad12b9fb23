import type { CompiledJob, Finding } from '@crosstie/ci-config';

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
  only: null;
  except: null;
  when: string;
  allow_failure: boolean;
  environment: string | null;
  needs: { name: string | undefined; artifacts: boolean; optional: boolean }[] | null;
}

/** @param githubUrl GitHub's web address, for links to local files */
export function toApiLint(linted: Linted, options: { includeJobs: boolean; githubUrl: string }): ApiLint {
  const { answer, unsupported } = linted;
  const errors = distinct([...answer.errors, ...unsupported]);
  return {
    valid: errors.length === 0,
    errors: errors.map(sentence),
    warnings: answer.warnings.map(sentence),
    merged_yaml: linted.merged,
    includes: linted.includes.map((one) => toInclude(one, linted, options.githubUrl)),
    ...(options.includeJobs ? { jobs: answer.jobs.map(toJob) } : {}),
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
    only: null,
    except: null,
    when: job.when,
    allow_failure: job.allow_failure === true,
    environment: typeof environment === 'string' ? environment : null,
    needs: job.needs?.map(({ job: name, artifacts, optional }) => ({ name, artifacts, optional })) ?? null,
  };
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
