import type { Project } from '@crosstie/domain';

import type { ApiPipelineBasic } from './api-pipeline.js';

/** A project as `/api/v4` answers it; paths and clone addresses are GitHub's own. */
export interface ApiProject {
  id: number;
  description: string | null;
  name: string;
  name_with_namespace: string;
  path: string;
  path_with_namespace: string;
  created_at: string;
  default_branch: string | null;
  ssh_url_to_repo: string;
  http_url_to_repo: string;
  web_url: string;
  avatar_url: string | null;
  forked_from_project: null;
  last_activity_at: string;
  visibility: string;
  archived: boolean;
  jobs_enabled: boolean;
  builds_access_level: string;
  ci_config_path: string;
  /** Whether a newer pipeline of a branch ends the older ones. */
  auto_cancel_pending_pipelines: 'enabled' | 'disabled';
  namespace: {
    id: number;
    name: string;
    path: string;
    kind: string;
    full_path: string;
    web_url: string;
  };
  permissions: { project_access: { access_level: number } | null; group_access: null };
  crosstie: { github_url: string; enabled: boolean; last_pipeline: ApiPipelineBasic | null };
}

/** Addresses that answers hold. */
export interface ProjectAddresses {
  /** Of this server. */
  readonly url: string;
  /** GitHub's web address. */
  readonly githubUrl: string;
}

export function toApiProject(
  project: Project,
  level: number,
  last: ApiPipelineBasic | null,
  { url, githubUrl }: ProjectAddresses,
): ApiProject {
  const [owner = '', name = ''] = project.fullName.split('/');
  return {
    id: project.id,
    description: null,
    name,
    name_with_namespace: `${owner} / ${name}`,
    path: name,
    path_with_namespace: project.fullName,
    created_at: project.createdAt.toISOString(),
    default_branch: project.defaultBranch,
    ssh_url_to_repo: `git@${new URL(githubUrl).hostname}:${project.fullName}.git`,
    http_url_to_repo: `${githubUrl}/${project.fullName}.git`,
    web_url: `${url}/${project.fullName}`,
    avatar_url: null,
    forked_from_project: null,
    last_activity_at: last?.updated_at ?? project.createdAt.toISOString(),
    visibility: project.private ? 'private' : 'public',
    archived: project.archived,
    jobs_enabled: project.enabled,
    builds_access_level: project.enabled ? 'enabled' : 'disabled',
    ci_config_path: project.configPath,
    auto_cancel_pending_pipelines: project.autoCancel ? 'enabled' : 'disabled',
    namespace: {
      id: project.installationId,
      name: owner,
      path: owner,
      kind: 'group',
      full_path: owner,
      web_url: `${githubUrl}/${owner}`,
    },
    permissions: { project_access: { access_level: level }, group_access: null },
    crosstie: {
      github_url: `${githubUrl}/${project.fullName}`,
      enabled: project.enabled,
      last_pipeline: last,
    },
  };
}
