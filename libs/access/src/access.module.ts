import { ContextModule, type ServiceContext } from '@crosstie/messaging';
import { type DynamicModule, Module } from '@nestjs/common';

import { Access } from './access.js';
import { Actors } from './actors.js';
import { ActorGuard } from './route-credential.js';
import { Senders } from './senders.js';

const modules = new WeakMap<ServiceContext, DynamicModule>();
const parts = [Access, Actors, ActorGuard, Senders];

/** Gives Access, Actors, Senders and the guard behind `@RequireScope`; the same ones for the same context. */
@Module({})
export class AccessModule {
  static of(context: ServiceContext): DynamicModule {
    const known = modules.get(context);
    if (known) return known;
    const module = {
      module: AccessModule,
      imports: [ContextModule.of(context)],
      providers: parts,
      exports: parts,
    };
    modules.set(context, module);
    return module;
  }
}
