import { ContextModule } from '@crosstie/messaging';
import type { ServiceContext } from '@crosstie/messaging';
import { keyringOf } from '@crosstie/token-vault';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { ReceiveDelivery } from './receive-delivery.js';
import { WebhookSecrets } from './webhook-secrets.js';
import { WebhooksController } from './webhooks.controller.js';

/** GitHub's deliveries: verified, stored, published. */
@Module({})
export class WebhookGatewayModule {
  static register(context: ServiceContext): DynamicModule {
    // Told at start, and not when the first delivery comes.
    if (context.config.github.webhookSecrets.length === 0) keyringOf(context);
    return {
      module: WebhookGatewayModule,
      imports: [ContextModule.of(context)],
      controllers: [WebhooksController],
      providers: [ReceiveDelivery, WebhookSecrets],
    };
  }
}
