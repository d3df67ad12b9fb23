import { Database, publishTerms } from '@crosstie/domain';
import { CrosstieConfig } from '@crosstie/platform';
import { TokenAuthority } from '@crosstie/token-vault/authority';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';

import { firstTerms } from '../sign-in/terms-text.js';

/** What has to stand in the database before anybody is served: the terms, and the App of the configuration. */
@Injectable()
export class FirstRun implements OnModuleInit {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(TokenAuthority) private readonly authority: TokenAuthority,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
  ) {}

  async onModuleInit(): Promise<void> {
    await publishTerms(this.database, firstTerms);
    await this.authority.app.adopt(this.config.github);
  }
}
