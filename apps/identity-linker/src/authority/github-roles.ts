import { Database, findLeasePerson, findLeaseTarget } from '@crosstie/domain';
import { GithubClient, GithubHost, type RepositoryPermission } from '@crosstie/github';
import { TokenRefused } from '@crosstie/token-vault';
import { TokenAuthority } from '@crosstie/token-vault/authority';
import { Inject, Injectable } from '@nestjs/common';

export interface GithubRole {
  level: 0 | 10 | 20 | 30 | 40;
  because: string;
}

/** What a person may do on a repository, as GitHub says, by their number. */
@Injectable()
export class GithubRoles {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(TokenAuthority) private readonly authority: TokenAuthority,
    @Inject(GithubHost) private readonly github: GithubHost,
  ) {}

  /** Throws a GithubError or TokenRefused that can pass; what cannot is level 0 with its reason. */
  async roleOf(userId: number, projectId: number): Promise<GithubRole> {
    const target = await this.database.first(findLeaseTarget, projectId);
    if (!target || target.gone) return { level: 0, because: 'the App does not reach the repository' };
    const person = await this.database.first(findLeasePerson, userId, target.host);
    if (!person || person.state !== 'linked') return { level: 0, because: 'no GitHub account is linked' };
    try {
      const token = await this.authority.tokens.read({ projectId });
      const client = new GithubClient(this.github, token, `installation:${target.githubInstallationId}`);
      const permission = await this.permission(client, target.fullName, person);
      return permission ? levelFor(permission, target.private) : { level: 0, because: 'GitHub gives no permission' };
    } catch (error) {
      if (error instanceof TokenRefused && !error.retryable) return { level: 0, because: error.message };
      throw error;
    }
  }

  /** A login can have gone to somebody else, so the number in the answer decides. */
  private async permission(
    client: GithubClient,
    fullName: string,
    { githubUserId, login }: { githubUserId: number; login: string },
  ): Promise<RepositoryPermission | null> {
    const first = await client.permissionOf(fullName, login);
    if (first?.userId === githubUserId) return first;
    const now = await client.userById(githubUserId);
    if (!now || now.login === login) return null;
    const second = await client.permissionOf(fullName, now.login);
    return second?.userId === githubUserId ? second : null;
  }
}

function levelFor({ permission, roleName }: RepositoryPermission, isPrivate: boolean): GithubRole {
  const because = `GitHub's role is ${roleName}`;
  if (permission === 'admin' || roleName === 'maintain') return { level: 40, because };
  if (permission === 'write') return { level: 30, because };
  if (roleName === 'triage') return { level: 20, because };
  if (permission !== 'read') return { level: 0, because };
  // Everybody may read a public repository: that is no sign of belonging to it.
  return isPrivate
    ? { level: 20, because }
    : { level: 10, because: `${because}, which everybody has on a public repository` };
}
