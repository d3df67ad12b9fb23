import { Injectable } from '@nestjs/common';
import { AppClient, GithubClient, GithubHost } from '@crosstie/github';
import { Clock, CrosstieConfig } from '@crosstie/platform';
import { TokenClient } from '@crosstie/token-vault';

/** Opens GitHub for intake: as the installation for one repository, or as the App itself. */
@Injectable()
export class GithubDoor {
  private readonly github: GithubHost;

  constructor(
    config: CrosstieConfig,
    clock: Clock,
    private readonly tokens: TokenClient,
  ) {
    this.github = new GithubHost(config.github, clock);
  }

  get host(): string {
    return this.github.addresses.host;
  }

  /** Reads of one project's repository, with a token that reaches no other. Throws TokenRefused. */
  async repository(project: { projectId: number; githubInstallationId: number }): Promise<GithubClient> {
    const token = await this.tokens.read({ projectId: project.projectId });
    return new GithubClient(this.github, token, `installation:${project.githubInstallationId}`);
  }

  /** What only the App may ask. Throws TokenRefused. */
  async app(): Promise<AppClient> {
    return new AppClient(this.github, await this.tokens.appJwt(this.host));
  }
}
