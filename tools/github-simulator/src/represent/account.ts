import type { Account } from '../state/model.js';
import type { Addresses } from './addresses.js';

export function nodeId(kind: string, id: number): string {
  return `${kind}_${Buffer.from(String(id)).toString('base64url')}`;
}

/** GitHub's `simple-user`: how a person, a bot or an organisation stands inside other answers. */
export function simpleUser(account: Account, at: Addresses): Record<string, unknown> {
  const url = `${at.api}/users/${encodeURIComponent(account.login)}`;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId(account.type === 'Organization' ? 'O' : 'U', account.id),
    avatar_url: `${at.web}/avatars/${account.id}`,
    gravatar_id: '',
    url,
    html_url:
      account.type === 'Bot' ? `${at.web}/apps/${account.login.replace('[bot]', '')}` : `${at.web}/${account.login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: account.type,
    user_view_type: 'public',
    site_admin: false,
  };
}

/** GitHub's `public-user`, as `GET /user` and `GET /users/{username}` answer. */
export function publicUser(account: Account, at: Addresses): Record<string, unknown> {
  const created = `${new Date(account.createdAt).toISOString().slice(0, 19)}Z`;
  return {
    ...simpleUser(account, at),
    name: account.name,
    company: null,
    blog: '',
    location: null,
    email: account.type === 'User' ? account.email : null,
    hireable: null,
    bio: null,
    twitter_username: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: created,
    updated_at: created,
  };
}

/** As organisations stand in webhook payloads. */
export function organizationSimple(account: Account, at: Addresses): Record<string, unknown> {
  const url = `${at.api}/orgs/${encodeURIComponent(account.login)}`;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId('O', account.id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${at.web}/avatars/${account.id}`,
    description: '',
  };
}
