/** One project's or group's part of an address: what follows decides. */
const owner = '(?:projects|groups)/[^/]+/';
const project = 'projects/[^/]+/';

/** What GitLab's API has and this server has not, by design or not yet, as its clients would ask for it. */
const parts: readonly [pattern: string, what: string][] = [
  [
    `${project}repository/(?:files|tree|archive|compare|blobs|contributors|changelog|merge_base|submodules)`,
    'contents of repositories, which GitHub serves',
  ],
  [`${project}repository/(?:branches|tags|commits)`, 'branches, tags and lists of commits, which GitHub serves'],
  [`${project}(?:protected_branches|protected_tags|fork|forks|remote_mirrors|push_rule)`, 'git, which GitHub serves'],
  [`(?:${owner})?merge_requests`, 'merge requests: pull requests live on GitHub'],
  [`(?:${owner})?(?:issues|milestones|labels|boards|epics|iterations)`, 'issues, which live on GitHub'],
  [`(?:${owner})?(?:packages|registry|container_registry)`, 'packages and container images'],
  [`(?:${owner})?(?:releases|wikis|snippets|hooks|badges)`, 'releases, wikis, snippets and hooks'],
  [`(?:${owner})?(?:integrations|services|deploy_keys|deploy_tokens)`, 'integrations and deploy keys'],
  [`(?:${owner})?(?:clusters|cluster_agents|terraform|feature_flags)`, 'clusters, Terraform states and feature flags'],
  ['ci/lint', 'the global lint: use POST /projects/:id/ci/lint'],
  [`${project}ci/lint`, 'lint of what is pushed: use POST with its content'],
  [`(?:${owner}|admin/ci/)variables`, 'variables, which come later'],
  [
    `${project}(?:pipeline_schedules|triggers|trigger|environments|deployments|resource_groups|job_token_scope)`,
    'schedules, triggers and environments, which come later',
  ],
  [`${project}(?:pipeline|create_ci_config)`, 'pipelines without a push, which come later'],
  [
    `${project}pipelines/[^/]+/(?:variables|test_report|test_report_summary|metadata)`,
    'variables and test reports of a pipeline, which come later',
  ],
  [`${project}pipelines/[^/]+`, 'the deletion of pipelines, which comes later'],
  [`${project}jobs/[^/]+/play`, 'playing jobs, which comes later'],
  [`${project}statuses`, 'statuses from outside, which come later'],
  [`(?:${owner})?(?:audit_events|events|access_tokens|access_requests)`, 'audit, events and tokens of projects'],
  ['groups', 'groups, which are owners on GitHub'],
  ['namespaces', 'namespaces, which are owners on GitHub'],
  ['users/[^/]+/(?:projects|keys|events|memberships)', 'what people have beside their tokens'],
  ['user/(?:keys|emails|gpg_keys|preferences|status)', 'keys and settings of people, which live on GitHub'],
  ['search', 'search over all'],
  [`${project}search`, 'search in code, which GitHub serves'],
  ['(?:application|license|features|broadcast_messages|todos|templates|topics|import)', 'settings of a GitLab server'],
  ['graphql', 'GraphQL'],
];
const compiled = parts.map(([pattern, what]) => ({ expression: new RegExp(`^/api/v4/${pattern}(?:/|$)`), what }));

/** What of GitLab's API an address that nobody answers would be; null when it is none of it. */
export function notServed(url: string): string | null {
  const path = url.split('?', 1)[0] ?? url;
  if (path === '/api/graphql') return 'GraphQL: use the REST API';
  return compiled.find(({ expression }) => expression.test(path))?.what ?? null;
}
