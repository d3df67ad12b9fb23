import type { Account, App, Installation, Repository } from '../state/model.js';
import type { World } from '../world.js';

/** Something that a caller of the control API named does not exist. */
export class Unknown extends Error {}

export function accountOf(world: World, login: string): Account {
  const account = world.store.accountByLogin(login);
  if (!account) throw new Unknown(`There is no account ${login}`);
  return account;
}

export function repositoryOf(world: World, name: { owner: string; repo: string }): Repository {
  const repository = world.store.repositoryByName(name.owner, name.repo);
  if (!repository) throw new Unknown(`There is no repository ${name.owner}/${name.repo}`);
  return repository;
}

export function appOf(world: World, slug: string): App {
  const app = world.store.appBySlug(slug);
  if (!app) throw new Unknown(`There is no App ${slug}`);
  return app;
}

export function installationOf(world: World, id: string): Installation {
  const installation = world.store.installations.get(Number(id));
  if (!installation) throw new Unknown(`There is no installation ${id}`);
  return installation;
}

/** Who acts: the one that is named, else the account itself (a person, or an organisation's first admin). */
export function senderOf(world: World, login: string | undefined, account: Account): Account {
  if (login !== undefined) return accountOf(world, login);
  if (account.type !== 'Organization') return account;
  const admin = [...account.members].find(([, role]) => role === 'admin');
  return admin ? world.store.account(admin[0]) : account;
}
