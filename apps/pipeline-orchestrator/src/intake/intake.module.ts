import { type DynamicModule, Module } from '@nestjs/common';
import { AccessModule } from '@crosstie/access';
import { ContextModule, type ServiceContext } from '@crosstie/messaging';
import { TokenClientModule } from '@crosstie/token-vault';

import { CompilerWarmUp } from './compiler-warm-up.js';
import { Deliveries } from './deliveries.js';
import { DeliveryEvents } from './delivery-events.controller.js';
import { DeliverySweep } from './delivery-sweep.js';
import { ConfigCompiler } from './fetch/config-compiler.js';
import { GithubDoor } from './github-door.js';
import { Installations } from './installations.js';
import { People } from './people.js';
import { PipelineMaker } from './pipeline-maker.js';
import { PushIntake } from './push-intake.js';

/** Deliveries to pipelines. */
@Module({})
export class IntakeModule {
  static register(context: ServiceContext): DynamicModule {
    return {
      module: IntakeModule,
      imports: [ContextModule.of(context), AccessModule.of(context), TokenClientModule.of(context)],
      controllers: [DeliveryEvents],
      providers: [
        CompilerWarmUp,
        ConfigCompiler,
        Deliveries,
        DeliverySweep,
        GithubDoor,
        Installations,
        People,
        PipelineMaker,
        PushIntake,
      ],
      exports: [ConfigCompiler, GithubDoor, People, PipelineMaker],
    };
  }
}
