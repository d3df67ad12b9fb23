import { type DynamicModule, Module } from '@nestjs/common';
import { ContextModule, type ServiceContext } from '@crosstie/messaging';
import { TokenClientModule } from '@crosstie/token-vault';

import { GithubDoor } from '../intake/github-door.js';
import { DeliveryRecovery } from './delivery-recovery.js';
import { RecoveryLoop } from './recovery-loop.js';

/** What GitHub sent and never arrived. */
@Module({})
export class RecoveryModule {
  static register(context: ServiceContext): DynamicModule {
    return {
      module: RecoveryModule,
      imports: [ContextModule.of(context), TokenClientModule.of(context)],
      providers: [DeliveryRecovery, GithubDoor, RecoveryLoop],
      exports: [DeliveryRecovery],
    };
  }
}
