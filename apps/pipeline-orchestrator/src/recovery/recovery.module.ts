import { type DynamicModule, Module } from '@nestjs/common';
import { ContextModule, type ServiceContext } from '@crosstie/messaging';

import { DeliveryRecovery } from './delivery-recovery.js';
import { RecoveryLoop } from './recovery-loop.js';

/** What GitHub sent and never arrived. */
@Module({})
export class RecoveryModule {
  /** @param intake the intake module of the same app, whose way to GitHub is used */
  static register(context: ServiceContext, intake: DynamicModule): DynamicModule {
    return {
      module: RecoveryModule,
      imports: [ContextModule.of(context), intake],
      providers: [DeliveryRecovery, RecoveryLoop],
      exports: [DeliveryRecovery],
    };
  }
}
