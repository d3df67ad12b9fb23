import { type DynamicModule, Module } from '@nestjs/common';
import { ContextModule, type ServiceContext } from '@crosstie/messaging';

import { ConfigLint } from '../config-lint.js';
import { RepositoryLint } from './repository-lint.js';

/** What a file comes to before it is pushed. */
@Module({})
export class LintModule {
  /** @param intake the intake module of the same app, whose compiler and way to GitHub are used */
  static register(context: ServiceContext, intake: DynamicModule): DynamicModule {
    return {
      module: LintModule,
      imports: [ContextModule.of(context), intake],
      providers: [{ provide: ConfigLint, useClass: RepositoryLint }],
      exports: [ConfigLint],
    };
  }
}
