import { Secret } from '@crosstie/platform';
import { fieldsIn, idIn, listIn, textIn } from './fields.js';
import type { Fields } from './fields.js';
import { GithubError } from './github-error.js';
import type { GithubFailure } from './github-error.js';
import type { Caller, GithubHost } from './github-host.js';

/** A repository as GitHub names it: `owner/name`. */
export type FullName = string;

export interface RepositoryPermission {
  readonly permission: string;
  /** The real role, a custom one included: `maintain`, `triage`, … */
  readonly roleName: string;
  /** Compare it with the person asked about: a login may have gone to somebody else. */
  readonly userId: number;
}

export interface GithubUser {
  readonly id: number;
  readonly login: string;
  readonly name: string | null;
  readonly avatarUrl: string | null;
  readonly type: string;
}

export type CompareStatus = 'ahead' | 'behind' | 'identical' | 'diverged';

export interface TreeEntry {
  readonly path: string;
  readonly type: string;
  readonly mode: string;
  readonly sha: string;
}

export interface Tree {
  readonly entries: readonly TreeEntry[];
  /** False where GitHub lists only the first of them: 100,000, or 7 MB. */
  readonly complete: boolean;
}

export interface NewStatus {
  readonly state: 'pending' | 'success' | 'failure' | 'error';
  readonly context: string;
  /** At most 140 characters; GitHub refuses more. */
  readonly description: string;
  readonly targetUrl: string;
}

export interface ListedRepository {
  readonly id: number;
  readonly fullName: FullName;
  readonly isPrivate: boolean;
  readonly defaultBranch: string | null;
}

const fileBytesMax = 8 * 1024 * 1024;

/** What a token of an installation or of a person lets us ask. Each function is one call and throws a GithubError. */
export class GithubClient {
  private readonly caller: Caller;

  /** @param budget whose budget the token uses: `installation:7`, `user:42` */
  constructor(
    private readonly host: GithubHost,
    token: Secret,
    budget: string,
  ) {
    this.caller = { authorization: new Secret(`Bearer ${token.reveal()}`), budget };
  }

  /** The file's bytes at a commit; null where the path, the commit or the right to see it is missing. */
  async readFile(repo: FullName, path: string, sha: string, bytesMax = fileBytesMax): Promise<Buffer | null> {
    if (!isPlain(path)) return null;
    const answer = await unless(
      ['not_found'],
      this.host.call(this.caller, {
        route: `GET ${at(repo)}/contents/${escaped(path)}`,
        parameters: { ref: sha },
        accept: 'application/vnd.github.raw+json',
        remembered: true,
        bytesMax,
      }),
    );
    return answer?.body ?? null;
  }

  async commitExists(repo: FullName, sha: string): Promise<boolean> {
    return (await this.resolveCommit(repo, sha)) !== null;
  }

  /** The commit that a branch, a tag, a number or `HEAD` means now; null where there is none. */
  async resolveCommit(repo: FullName, ref: string): Promise<string | null> {
    if (!isPlain(ref)) return null;
    const answer = await unless(
      ['not_found', 'conflict', 'invalid'],
      this.host.call(this.caller, {
        route: `GET ${at(repo)}/commits/${escaped(ref)}`,
        accept: 'application/vnd.github.sha',
      }),
    );
    return answer && answer.body.toString('utf8').trim();
  }

  /** What a ref such as `refs/heads/main` points at; null where there is none. */
  async refHead(repo: FullName, ref: string): Promise<string | null> {
    const name = ref.replace(/^refs\//, '');
    const answer = await unless(['not_found', 'conflict'], this.json(`GET ${at(repo)}/git/ref/${escaped(name)}`));
    return textIn(fieldsIn(answer?.['object'])?.['sha']);
  }

  /** How `head` stands to `base`: `ahead` or `identical` means that head's history holds base. */
  async compare(repo: FullName, base: string, head: string): Promise<CompareStatus | null> {
    const answer = await this.comparison(repo, base, head);
    return (textIn(answer?.['status']) as CompareStatus | null) ?? null;
  }

  /** The last commit that both have in their history; null where one of them, or a common past, is missing. */
  async mergeBase(repo: FullName, base: string, head: string): Promise<string | null> {
    const answer = await this.comparison(repo, base, head);
    return textIn(fieldsIn(answer?.['merge_base_commit'])?.['sha']);
  }

  /** The names in a commit's or a folder's tree, with those of its folders when `deep`; null where it is missing. */
  async tree(repo: FullName, sha: string, deep: boolean): Promise<Tree | null> {
    const route = `GET ${at(repo)}/git/trees/${escaped(sha)}`;
    const answer = await unless(
      ['not_found', 'conflict', 'invalid'],
      this.json(route, deep ? { recursive: '1' } : {}, true),
    );
    if (!answer) return null;
    const entries = listIn(answer['tree']).flatMap((item) => toTreeEntry(fieldsIn(item)) ?? []);
    return { entries, complete: answer['truncated'] !== true };
  }

  /** The names of all tags. */
  async tags(repo: FullName): Promise<readonly string[]> {
    const answer = await this.host.json(this.caller, { route: `GET ${at(repo)}/git/matching-refs/tags/` });
    const refs = listIn(answer).flatMap((item) => textIn(fieldsIn(item)?.['ref']) ?? []);
    return refs.map((ref) => ref.replace(/^refs\/tags\//, ''));
  }

  /** Null for one who is no collaborator and a repository that is not public. */
  async permissionOf(repo: FullName, login: string): Promise<RepositoryPermission | null> {
    const route = `GET ${at(repo)}/collaborators/${escaped(login)}/permission`;
    const answer = await unless(['not_found'], this.json(route, {}, true));
    const userId = idIn(fieldsIn(answer?.['user'])?.['id']);
    if (!answer || userId === null) return null;
    const permission = textIn(answer['permission']) ?? 'none';
    return { permission, roleName: textIn(answer['role_name']) ?? permission, userId };
  }

  /** By the number that stays when a login is changed. */
  async userById(id: number): Promise<GithubUser | null> {
    return toUser(await unless(['not_found'], this.json(`GET /user/${id}`, {}, true)));
  }

  /** Whose token this is. */
  async currentUser(): Promise<GithubUser | null> {
    return toUser(await this.json('GET /user'));
  }

  /** Posting the same state again does no harm, so a lost answer is answered by another post. */
  async postStatus(repo: FullName, sha: string, status: NewStatus): Promise<{ id: number | null }> {
    const { targetUrl: target_url, ...rest } = status;
    const answer = await this.json(`POST ${at(repo)}/statuses/${escaped(sha)}`, { ...rest, target_url });
    return { id: idIn(answer?.['id']) };
  }

  /** The repositories that an installation token reaches, page after page. */
  async *installationRepositories(): AsyncGenerator<ListedRepository> {
    for (let page = 1; ; page++) {
      const answer = await this.json('GET /installation/repositories', { per_page: 100, page });
      const repositories = listIn(answer?.['repositories']);
      for (const item of repositories) {
        const repository = toRepository(fieldsIn(item));
        if (repository) yield repository;
      }
      if (repositories.length < 100) return;
    }
  }

  /** The numbers of the repositories that a narrowed token reaches, read at the address that came with it. */
  async repositoryIdsAt(repositoriesUrl: string, countMax: number): Promise<{ ids: number[]; complete: boolean }> {
    const { apiUrl } = this.host.addresses;
    if (!repositoriesUrl.startsWith(`${apiUrl}/`)) {
      throw new GithubError('GitHub named an address of another host', { status: 0, kind: 'invalid' });
    }
    const path = repositoriesUrl.slice(apiUrl.length).split('?', 1)[0] ?? '';
    const answer = await this.host.json(this.caller, { route: `GET ${path}`, parameters: { per_page: 100 } });
    const items = Array.isArray(answer) ? answer : listIn(fieldsIn(answer)?.['repositories']);
    const ids = items.flatMap((item) => idIn(fieldsIn(item)?.['id']) ?? []);
    return { ids: ids.slice(0, countMax), complete: ids.length <= countMax && items.length < 100 };
  }

  /** Ends the installation token that this client uses. */
  async revokeInstallationToken(): Promise<void> {
    await unless(['unauthorized', 'not_found'], this.host.call(this.caller, { route: 'DELETE /installation/token' }));
  }

  // The first page has every changed file with its text, and nothing but names is to be read of source.
  private comparison(repo: FullName, base: string, head: string): Promise<Fields | null> {
    const route = `GET ${at(repo)}/compare/${escaped(base)}...${escaped(head)}`;
    return unless(['not_found'], this.json(route, { per_page: 1, page: 2 }, true));
  }

  private async json(route: string, parameters: Fields = {}, remembered = false): Promise<Fields | null> {
    return fieldsIn(await this.host.json(this.caller, { route, parameters, remembered }));
  }
}

async function unless<T>(kinds: readonly GithubFailure[], asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof GithubError && kinds.includes(error.kind)) return null;
    throw error;
  }
}

function at(repo: FullName): string {
  const [owner = '', name = '', more] = repo.split('/');
  if (owner === '' || name === '' || more !== undefined) throw new RangeError(`"${repo}" is not owner/name`);
  return `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`;
}

// Each segment by itself: a ref or a path may hold `#`, `?`, `{` and everything else.
function escaped(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** Whether a path or ref stays below the address that it is put into. */
function isPlain(path: string): boolean {
  return path !== '' && !path.split('/').some((name) => name === '' || name === '.' || name === '..');
}

function toTreeEntry(item: Fields | null): TreeEntry | null {
  const [path, type, mode, sha] = ['path', 'type', 'mode', 'sha'].map((key) => textIn(item?.[key]));
  return path && type && mode && sha ? { path, type, mode, sha } : null;
}

function toUser(answer: Fields | null): GithubUser | null {
  const id = idIn(answer?.['id']);
  const login = textIn(answer?.['login']);
  if (!answer || id === null || login === null) return null;
  const type = textIn(answer['type']) ?? 'User';
  return { id, login, name: textIn(answer['name']), avatarUrl: textIn(answer['avatar_url']), type };
}

function toRepository(item: Fields | null): ListedRepository | null {
  const id = idIn(item?.['id']);
  const fullName = textIn(item?.['full_name']);
  if (!item || id === null || fullName === null) return null;
  return { id, fullName, isPrivate: item['private'] === true, defaultBranch: textIn(item['default_branch']) };
}
