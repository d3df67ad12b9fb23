import type { Access } from '@crosstie/access';
import { type Database, findNeighbourProject, type PushTarget } from '@crosstie/domain';
import { type GithubClient, GithubError } from '@crosstie/github';
import { TokenRefused } from '@crosstie/token-vault';

import type { GithubDoor } from '../github-door.js';
import type { FetchBudget } from './fetch-budget.js';
import { asText, fault, type Fetched, quoted } from './fetched.js';

/** A repository that is open to the person who runs the pipeline, and how it is read. */
export interface Neighbour {
  readonly fullName: string;
  readonly github: GithubClient;
}

export interface NeighbourParts {
  readonly database: Database;
  readonly access: Access;
  readonly door: GithubDoor;
}

/**
 * Other repositories of the installation that the pipeline belongs to, read with a token for each of
 * them alone and only where GitHub lets the person read it. Asked once for each repository and ref; one
 * that is not there and one that may not be seen are the same to the person.
 */
export class Neighbours {
  private readonly opened = new Map<string, Promise<Neighbour | null>>();
  private readonly commits = new Map<string, Promise<string | null>>();
  private readonly aliases = new Map<string, string>();

  constructor(
    private readonly parts: NeighbourParts,
    private readonly target: PushTarget,
    private readonly userId: number,
    private readonly budget: FetchBudget,
  ) {}

  /** Null where the repository is not in the installation or the person may not read it. */
  open(project: string): Promise<Neighbour | null> {
    return once(this.opened, project, () => this.find(project));
  }

  /** The commit that a ref of a repository means, the same one for all its files. */
  commit(project: string, { fullName, github }: Neighbour, ref: string): Promise<string | null> {
    const key = `${project}@${ref}`;
    return once(this.commits, key, () => github.resolveCommit(fullName, this.aliases.get(key) ?? ref));
  }

  /** From now on a version such as `~latest` of a repository stands for this tag. */
  alias(project: string, version: string, tag: string): void {
    this.aliases.set(`${project}@${version}`, tag);
  }

  async file(project: string, ref: string, path: string): Promise<Fetched> {
    const name = `Project ${quoted(project)}`;
    const neighbour = await this.open(project);
    if (!neighbour)
      return fault(
        `${name} not found or access denied! It must be a repository of the same GitHub App installation that whoever runs the pipeline may read.`,
      );
    const sha = await this.commit(project, neighbour, ref);
    if (sha === null) return fault(`${name} reference ${quoted(ref)} does not exist!`);
    const { fileBytes } = this.budget.limits;
    const bytes = await neighbour.github.readFile(neighbour.fullName, path, sha, fileBytes);
    return bytes
      ? asText(bytes, `${name} file ${quoted(path)}`)
      : fault(`${name} file ${quoted(path)} does not exist!`, true);
  }

  private async find(project: string): Promise<Neighbour | null> {
    const { database, access, door } = this.parts;
    const { host, githubInstallationId, projectId: own } = this.target;
    const found = await database.first(findNeighbourProject, host, githubInstallationId, project);
    if (!found) return null;
    const isOpen = !found.private || found.projectId === own;
    if (!isOpen && !(await access.readsOnGithub(this.userId, found.projectId))) return null;
    try {
      const github = await door.repository({ projectId: found.projectId, githubInstallationId });
      return { fullName: found.fullName, github };
    } catch (error) {
      if (error instanceof TokenRefused && !error.retryable) return null;
      throw error;
    }
  }
}

/** Whether GitHub keeps this repository from us for good, as one that is gone or not ours to read. */
export function isClosed(error: unknown): boolean {
  return error instanceof GithubError && ['forbidden', 'not_found', 'suspended'].includes(error.kind);
}

function once<T>(kept: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const known = kept.get(key) ?? ask();
  kept.set(key, known);
  return known;
}
