import { runService } from '@crosstie/messaging';
import { WebhookGatewayModule } from './webhook-gateway.module.js';

await runService('webhook-gateway', WebhookGatewayModule);
