import type { Store } from '../state/store.js';
import { roleAtLeast } from '../state/store.js';
import type { Repository, Role } from '../state/model.js';
import { nodeId, simpleUser } from './account.js';
import type { Addresses } from './addresses.js';

const links: Record<string, string> = {
  forks_url: 'forks',
  keys_url: 'keys{/key_id}',
  collaborators_url: 'collaborators{/collaborator}',
  teams_url: 'teams',
  hooks_url: 'hooks',
  issue_events_url: 'issues/events{/number}',
  events_url: 'events',
  assignees_url: 'assignees{/user}',
  branches_url: 'branches{/branch}',
  tags_url: 'tags',
  blobs_url: 'git/blobs{/sha}',
  git_tags_url: 'git/tags{/sha}',
  git_refs_url: 'git/refs{/sha}',
  trees_url: 'git/trees{/sha}',
  statuses_url: 'statuses/{sha}',
  languages_url: 'languages',
  stargazers_url: 'stargazers',
  contributors_url: 'contributors',
  subscribers_url: 'subscribers',
  subscription_url: 'subscription',
  commits_url: 'commits{/sha}',
  git_commits_url: 'git/commits{/sha}',
  comments_url: 'comments{/number}',
  issue_comment_url: 'issues/comments{/number}',
  contents_url: 'contents/{+path}',
  compare_url: 'compare/{base}...{head}',
  merges_url: 'merges',
  archive_url: '{archive_format}{/ref}',
  downloads_url: 'downloads',
  issues_url: 'issues{/number}',
  pulls_url: 'pulls{/number}',
  milestones_url: 'milestones{/number}',
  notifications_url: 'notifications{?since,all,participating}',
  labels_url: 'labels{/name}',
  releases_url: 'releases{/id}',
  deployments_url: 'deployments',
};

export function rolePermissions(role: Role | 'none'): Record<string, boolean> {
  return {
    admin: role === 'admin',
    maintain: roleAtLeast(role, 'maintain'),
    push: roleAtLeast(role, 'write'),
    triage: roleAtLeast(role, 'triage'),
    pull: roleAtLeast(role, 'read'),
  };
}

/** How a repository stands in REST answers: enough for `repository`, `full-` and `minimal-repository`. */
export function representRepository(
  store: Store,
  repository: Repository,
  at: Addresses,
  role: Role | 'none' = 'read',
): Record<string, unknown> {
  const fullName = store.fullName(repository);
  const api = `${at.api}/repos/${fullName}`;
  const web = `${at.web}/${fullName}`;
  const forks = [...store.repositories.values()].filter((other) => other.forkOf === repository.id).length;
  return {
    id: repository.id,
    node_id: nodeId('R', repository.id),
    name: repository.name,
    full_name: fullName,
    private: repository.private,
    owner: simpleUser(store.account(repository.ownerId), at),
    html_url: web,
    description: repository.description,
    fork: repository.forkOf !== null,
    url: api,
    ...Object.fromEntries(Object.entries(links).map(([key, rest]) => [key, `${api}/${rest}`])),
    created_at: store.clock.iso(repository.createdAt),
    updated_at: store.clock.iso(repository.updatedAt),
    pushed_at: store.clock.iso(repository.pushedAt),
    git_url: `git://${web.replace(/^https?:\/\//, '')}.git`,
    ssh_url: `git@localhost:${fullName}.git`,
    clone_url: `${web}.git`,
    svn_url: web,
    homepage: null,
    size: 1,
    stargazers_count: 0,
    watchers_count: 0,
    language: null,
    has_issues: true,
    has_projects: true,
    has_downloads: true,
    has_wiki: true,
    has_pages: false,
    has_discussions: false,
    forks_count: forks,
    mirror_url: null,
    archived: repository.archived,
    disabled: false,
    open_issues_count: 0,
    license: null,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: [],
    visibility: repository.private ? 'private' : 'public',
    forks,
    open_issues: 0,
    watchers: 0,
    default_branch: repository.defaultBranch,
    network_count: forks,
    subscribers_count: 0,
    permissions: rolePermissions(role),
  };
}

/** As in `push` payloads: two times are unix seconds there, and the owner has a name. */
export function representRepositoryInPush(
  store: Store,
  repository: Repository,
  at: Addresses,
): Record<string, unknown> {
  const owner = store.account(repository.ownerId);
  const full = representRepository(store, repository, at);
  delete full['permissions'];
  return {
    ...full,
    owner: { ...simpleUser(owner, at), name: owner.login, email: owner.type === 'User' ? owner.email : null },
    url: `${at.web}/${store.fullName(repository)}`,
    created_at: Math.floor(repository.createdAt / 1000),
    pushed_at: Math.floor(repository.pushedAt / 1000),
    stargazers: 0,
    master_branch: repository.defaultBranch,
    ...(owner.type === 'Organization' ? { organization: owner.login } : {}),
    custom_properties: {},
  };
}

/** The few facts about a repository that installation events carry. */
export function repositoryInInstallation(store: Store, repository: Repository): Record<string, unknown> {
  return {
    id: repository.id,
    node_id: nodeId('R', repository.id),
    name: repository.name,
    full_name: store.fullName(repository),
    private: repository.private,
  };
}
