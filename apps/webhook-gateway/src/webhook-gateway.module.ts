import { ContextModule } from '@crosstie/messaging';
import type { ServiceContext } from '@crosstie/messaging';
import { HookSecrets, keyringOf } from '@crosstie/token-vault';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { ReceiveDelivery } from './receive-delivery.js';
import { WebhookSecrets } from './webhook-secrets.js';
import { WebhooksController } from './webhooks.controller.js';

/** GitHub's deliveries: verified, stored, published. */
@Module({})
export class WebhookGatewayModule {
  static register(context: ServiceContext): DynamicModule {
    const { config, database, clock } = context;
    // The keys are read now: that they are missing is told at start, and not when the first delivery comes.
    const vault = config.github.webhookSecrets.length > 0 ? null : new HookSecrets(database, keyringOf(context), clock);
    return {
      module: WebhookGatewayModule,
      imports: [ContextModule.of(context)],
      controllers: [WebhooksController],
      providers: [ReceiveDelivery, { provide: WebhookSecrets, useValue: new WebhookSecrets(config, vault) }],
    };
  }
}
