import { ContextModule } from '@crosstie/messaging';
import type { ServiceContext } from '@crosstie/messaging';
import { TokenClientModule } from '@crosstie/token-vault';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { StatusSender } from './status-sender.js';
import { StatusSweep } from './status-sweep.js';
import { VerdictsController } from './verdicts.controller.js';
import { WantedStatuses } from './wanted-statuses.js';

/** The verdicts on commits, as GitHub shows them. */
@Module({})
export class StatusReporterModule {
  static register(context: ServiceContext): DynamicModule {
    return {
      module: StatusReporterModule,
      imports: [ContextModule.of(context), TokenClientModule.of(context)],
      controllers: [VerdictsController],
      providers: [WantedStatuses, StatusSender, StatusSweep],
    };
  }
}
