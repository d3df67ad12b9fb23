import { ContextModule, type ServiceContext } from '@crosstie/messaging';
import { type DynamicModule, Module } from '@nestjs/common';

import { keyClassesOf } from './key-classes.js';
import { Keyring } from './keyring.js';
import { TokenClient } from './token-client.js';

const keyrings = new WeakMap<ServiceContext, Keyring>();
const clients = new WeakMap<ServiceContext, DynamicModule>();

/** The keys of a process. Throws a ConfigError, also when a class that its services work with is not among them. */
export function keyringOf(context: ServiceContext): Keyring {
  const known = keyrings.get(context) ?? Keyring.fromConfig(context.config);
  known.require(context.services.flatMap((service) => keyClassesOf[service]));
  keyrings.set(context, known);
  return known;
}

/** Gives TokenClient and Keyring. Needs the class `leases`. */
@Module({})
export class TokenClientModule {
  static of(context: ServiceContext): DynamicModule {
    const known = clients.get(context);
    if (known) return known;
    const keyring = keyringOf(context);
    const client = new TokenClient(context.database, context.requests, context.clock, keyring);
    const providers = [
      { provide: Keyring, useValue: keyring },
      { provide: TokenClient, useValue: client },
    ];
    const module = {
      module: TokenClientModule,
      imports: [ContextModule.of(context)],
      providers,
      exports: [Keyring, TokenClient],
    };
    clients.set(context, module);
    return module;
  }
}
