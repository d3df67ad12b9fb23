import { type DynamicModule, Module } from '@nestjs/common';
import { AccessModule } from '@crosstie/access';
import { ContextModule, type ServiceContext } from '@crosstie/messaging';
import { TokenClientModule } from '@crosstie/token-vault';

import { PipelineActions } from '../pipeline-actions.js';
import { PersonActions } from './person-actions.js';
import { RefusedRetry } from './refused-retry.js';

/** What people may set moving: the one place that uses both how pipelines are made and how they move. */
@Module({})
export class ActionsModule {
  /** @param modules the intake and pipelines modules of the same app, so that there is one of each */
  static register(context: ServiceContext, modules: readonly DynamicModule[]): DynamicModule {
    return {
      module: ActionsModule,
      imports: [ContextModule.of(context), AccessModule.of(context), TokenClientModule.of(context), ...modules],
      providers: [RefusedRetry, { provide: PipelineActions, useClass: PersonActions }],
      exports: [PipelineActions],
    };
  }
}
