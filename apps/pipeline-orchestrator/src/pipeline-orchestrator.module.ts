import type { ServiceContext } from '@crosstie/messaging';
import { type DynamicModule, Module } from '@nestjs/common';

import { ActionsModule } from './actions/actions.module.js';
import { ApiModule } from './api/api.module.js';
import { IntakeModule } from './intake/intake.module.js';
import { LintModule } from './lint/lint.module.js';
import { PipelinesModule } from './pipelines/pipelines.module.js';
import { RecoveryModule } from './recovery/recovery.module.js';

/** Deliveries to pipelines, what moves them, and what people and tools read and ask. */
@Module({})
export class PipelineOrchestratorModule {
  static register(context: ServiceContext): DynamicModule {
    const intake = IntakeModule.register(context);
    const pipelines = PipelinesModule.register(context);
    const actions = ActionsModule.register(context, [intake, pipelines]);
    return {
      module: PipelineOrchestratorModule,
      // The API comes last: its console answers at every path that is nobody else's.
      imports: [
        intake,
        pipelines,
        actions,
        RecoveryModule.register(context, intake),
        ApiModule.register(context, [actions, LintModule.register(context, intake)]),
      ],
    };
  }
}
