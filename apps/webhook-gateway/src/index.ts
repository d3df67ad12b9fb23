export { WebhookGatewayModule } from './webhook-gateway.module.js';
