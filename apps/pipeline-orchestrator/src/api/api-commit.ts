import type { Pipeline } from '@crosstie/domain';

import { commitText } from './api-pipeline.js';

/** A commit as a push told it. */
export interface ApiCommit {
  id: string;
  short_id: string;
  title: string;
  message: string;
  author_name: string | null;
  author_email: string | null;
  authored_date: string;
  committer_name: string | null;
  committer_email: string | null;
  committed_date: string;
  created_at: string;
  parent_ids: string[];
  web_url: string;
}

/** @param githubUrl of the repository */
export function toApiCommit(pipeline: Pipeline, githubUrl: string): ApiCommit {
  // Never null: one client would crash on it.
  const at = moment(commitText(pipeline, 'timestamp')) ?? pipeline.createdAt.toISOString();
  const name = commitText(pipeline, 'authorName');
  const email = commitText(pipeline, 'authorEmail');
  return {
    id: pipeline.sha,
    short_id: pipeline.sha.slice(0, 8),
    title: commitText(pipeline, 'title') ?? '',
    message: commitText(pipeline, 'message') ?? '',
    author_name: name,
    author_email: email,
    authored_date: at,
    committer_name: name,
    committer_email: email,
    committed_date: at,
    created_at: at,
    parent_ids: [],
    web_url: `${githubUrl}/commit/${pipeline.sha}`,
  };
}

function moment(text: string | null): string | null {
  const date = new Date(text ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
