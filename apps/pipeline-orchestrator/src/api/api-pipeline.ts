import type { Pipeline } from '@crosstie/domain';

import type { ApiPerson } from './people-names.js';

/** A pipeline in a list, with what GitLab has no word for under `crosstie`. */
export interface ApiPipelineBasic {
  id: number;
  iid: number;
  project_id: number;
  sha: string;
  ref: string;
  status: string;
  source: string;
  name: string | null;
  created_at: string;
  updated_at: string;
  web_url: string;
  crosstie: {
    attempt: number;
    recovered: boolean;
    failure_reason: string | null;
    failure_message: string | null;
    sender_login: string | null;
    run_as: string | null;
    commit_title: string;
    duration_s: number | null;
  };
}

/** A pipeline by itself. */
export interface ApiPipeline extends ApiPipelineBasic {
  before_sha: string;
  tag: boolean;
  yaml_errors: string | null;
  failure_reason: string | null;
  /** Empty for one that nobody's rights ran: clients look into it without asking. */
  user: ApiPerson | Record<string, never>;
  started_at: string | null;
  finished_at: string | null;
  committed_at: string | null;
  duration: number | null;
  queued_duration: number | null;
  coverage: string | null;
  detailed_status: ApiDetailedStatus;
  crosstie: ApiPipelineBasic['crosstie'] & {
    /** When the push that made it arrived; null for one that no push made. */
    received_at: string | null;
  };
}

export interface ApiDetailedStatus {
  icon: string;
  text: string;
  label: string;
  group: string;
  tooltip: string;
  has_details: boolean;
  details_path: string;
  illustration: null;
  favicon: string;
}

/** The path of a pipeline's page, in GitLab's shape. */
export function pipelinePath(fullName: string, id: number): string {
  return `/${fullName}/-/pipelines/${id}`;
}

/** @param url the server's own address */
export function toApiPipelineBasic(
  pipeline: Pipeline,
  fullName: string,
  runAs: ApiPerson | null,
  url: string,
): ApiPipelineBasic {
  return {
    id: pipeline.id,
    iid: pipeline.iid,
    project_id: pipeline.projectId,
    sha: pipeline.sha,
    ref: pipeline.ref,
    status: pipeline.status,
    source: pipeline.source,
    name: pipeline.name,
    created_at: pipeline.createdAt.toISOString(),
    updated_at: pipeline.updatedAt.toISOString(),
    web_url: `${url}${pipelinePath(fullName, pipeline.id)}`,
    crosstie: {
      attempt: pipeline.attempt,
      recovered: pipeline.recovered,
      failure_reason: pipeline.failureReason,
      failure_message: pipeline.failureMessage,
      sender_login: pipeline.senderLogin,
      run_as: runAs?.username ?? null,
      commit_title: commitText(pipeline, 'title') ?? '',
      duration_s: seconds(pipeline.startedAt, pipeline.finishedAt),
    },
  };
}

/** What a pipeline by itself is told with, besides its row. */
export interface PipelineSurroundings {
  readonly user: ApiPerson | null;
  readonly receivedAt: Date | null;
  /** A job failed that may. */
  readonly withWarnings: boolean;
  /** The mean of its jobs' in percent; null where none tells one. */
  readonly coverage: number | null;
}

export function toApiPipeline(
  basic: ApiPipelineBasic,
  pipeline: Pipeline,
  { user, receivedAt, withWarnings, coverage }: PipelineSurroundings,
): ApiPipeline {
  return {
    ...basic,
    crosstie: { ...basic.crosstie, received_at: moment(receivedAt) },
    before_sha: pipeline.beforeSha,
    tag: pipeline.tag,
    yaml_errors: pipeline.yamlErrors,
    failure_reason: pipeline.failureReason,
    user: user ?? {},
    started_at: moment(pipeline.startedAt),
    finished_at: moment(pipeline.finishedAt),
    committed_at: commitText(pipeline, 'timestamp'),
    duration: seconds(pipeline.startedAt, pipeline.finishedAt),
    queued_duration: seconds(pipeline.createdAt, pipeline.startedAt),
    coverage: coverage === null ? null : coverage.toFixed(2),
    detailed_status: detailedStatus(pipeline.status, withWarnings, new URL(basic.web_url).pathname),
  };
}

/** RFC 3339 with milliseconds, or null. */
export function moment(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}

/** A text of the pushed commit; null when it was not told. */
export function commitText(
  pipeline: Pipeline,
  key: 'title' | 'message' | 'authorName' | 'authorEmail' | 'timestamp',
): string | null {
  const value = pipeline.commit[key];
  return typeof value === 'string' ? value : null;
}

// Integers for pipelines: Go's clients decode them so.
function seconds(from: Date | null, to: Date | null): number | null {
  return from && to ? Math.max(0, Math.round((to.getTime() - from.getTime()) / 1000)) : null;
}

function detailedStatus(status: string, withWarnings: boolean, path: string): ApiDetailedStatus {
  const warned = withWarnings && status === 'success';
  const text = warned ? 'Warning' : status.charAt(0).toUpperCase() + status.slice(1).replaceAll('_', ' ');
  const group = warned ? 'success-with-warnings' : status.replaceAll('_', '-');
  return {
    icon: `status_${warned ? 'warning' : status}`,
    text,
    label: warned ? 'passed with warnings' : status === 'success' ? 'passed' : status.replaceAll('_', ' '),
    group,
    tooltip: status === 'success' ? 'passed' : status.replaceAll('_', ' '),
    has_details: true,
    details_path: path,
    illustration: null,
    favicon: '/crosstie.svg',
  };
}
