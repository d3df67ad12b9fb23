import type { Repository } from '../state/model.js';
import type { Need } from '../rest/need.js';

/** What a scope has within it; GitHub grants and lists the wider one alone. */
const within: Readonly<Record<string, readonly string[]>> = {
  repo: ['repo:status', 'repo_deployment', 'public_repo', 'repo:invite', 'security_events'],
  'admin:repo_hook': ['write:repo_hook', 'read:repo_hook'],
  'write:repo_hook': ['read:repo_hook'],
  'admin:org': ['write:org', 'read:org'],
  'write:org': ['read:org'],
  user: ['read:user', 'user:email', 'user:follow'],
};
const others = ['admin:org_hook', 'delete_repo', 'gist', 'notifications', 'workflow'];
const known = new Set([...Object.keys(within), ...Object.values(within).flat(), ...others]);

/** The scopes that an authorize request grants: known ones, each once, without those that lie within another. */
export function grantedScopes(text: string): string[] {
  const asked = new Set(text.split(/[\s,]+/).filter((scope) => known.has(scope)));
  return [...asked].filter((scope) => ![...asked].some((wider) => within[wider]?.includes(scope))).sort();
}

export function hasScope(scopes: readonly string[], wanted: string): boolean {
  return scopes.some((scope) => scope === wanted || within[scope]?.includes(wanted) === true);
}

/** Whether scopes let a token do on a repository what its person may do there. Public ones are read without any. */
export function scopesAllow(scopes: readonly string[], repository: Repository, need: Need): boolean {
  if (hasScope(scopes, 'repo')) return true;
  if (need.permission === 'repository_hooks') {
    return hasScope(scopes, `${need.level === 'read' ? 'read' : 'write'}:repo_hook`);
  }
  if (need.permission === 'statuses' && hasScope(scopes, 'repo:status')) return true;
  if (repository.private) return false;
  return need.level === 'read' || hasScope(scopes, 'public_repo');
}
