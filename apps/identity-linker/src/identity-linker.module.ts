import { AccessModule } from '@crosstie/access';
import { GithubHost } from '@crosstie/github';
import { ContextModule, type ServiceContext } from '@crosstie/messaging';
import { PageAnswer } from '@crosstie/platform';
import { keyringOf, Keyring } from '@crosstie/token-vault';
import { TokenAuthority } from '@crosstie/token-vault/authority';
import { type DynamicModule, Module } from '@nestjs/common';

import { AuthorityController } from './authority/authority.controller.js';
import { FirstRun } from './authority/first-run.js';
import { GithubRoles } from './authority/github-roles.js';
import { TokenSweep } from './authority/token-sweep.js';
import { AccessTokensController } from './people/access-tokens.controller.js';
import { AccessTokens } from './people/access-tokens.service.js';
import { AccountController } from './people/account.controller.js';
import { MembersController } from './people/members.controller.js';
import { UsersController } from './people/users.controller.js';
import { BrowserSessions } from './sessions/browser-sessions.js';
import { AppController } from './setup/app.controller.js';
import { SetupCode } from './setup/setup-code.js';
import { SetupController } from './setup/setup.controller.js';
import { GithubRoundController } from './sign-in/github-round.controller.js';
import { GithubSignIn } from './sign-in/github-sign-in.js';
import { IdentityLinking } from './sign-in/identity-linking.js';
import { PendingIdentities } from './sign-in/pending-identity.js';
import { SignInController } from './sign-in/sign-in.controller.js';
import { TermsController } from './sign-in/terms.controller.js';

/** People: who they are, what they agreed to, what they may; and the one place that makes tokens. */
@Module({})
export class IdentityLinkerModule {
  static register(context: ServiceContext): DynamicModule {
    const { config, clock, database, logger, outbox } = context;
    const keyring = keyringOf(context);
    const github = new GithubHost(config.github, clock);
    const publish = outbox.publish.bind(outbox);
    const authority = new TokenAuthority({ database, keyring, clock, logger, github, publish });
    return {
      module: IdentityLinkerModule,
      imports: [ContextModule.of(context), AccessModule.of(context)],
      controllers: [
        SetupController,
        AppController,
        TermsController,
        GithubRoundController,
        SignInController,
        UsersController,
        AccessTokensController,
        MembersController,
        AccountController,
        AuthorityController,
      ],
      providers: [
        { provide: GithubHost, useValue: github },
        { provide: Keyring, useValue: keyring },
        { provide: TokenAuthority, useValue: authority },
        FirstRun,
        SetupCode,
        BrowserSessions,
        PendingIdentities,
        GithubSignIn,
        IdentityLinking,
        GithubRoles,
        TokenSweep,
        AccessTokens,
        PageAnswer,
      ],
    };
  }
}
