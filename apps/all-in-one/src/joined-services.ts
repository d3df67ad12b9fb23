import { IdentityLinkerModule } from '@crosstie/identity-linker';
import { type ServiceContext, serviceNames } from '@crosstie/messaging';
import { PipelineOrchestratorModule } from '@crosstie/pipeline-orchestrator';
import { RunnerApiModule } from '@crosstie/runner-api';
import { StatusReporterModule } from '@crosstie/status-reporter';
import { WebhookGatewayModule } from '@crosstie/webhook-gateway';
import type { DynamicModule } from '@nestjs/common';

/** The services that are joined: all of them. */
export const joinedServices = serviceNames;

class JoinedServices {}

/** The modules of the five services around one context, for one Nest app. */
export function joinServices(context: ServiceContext): DynamicModule {
  return {
    module: JoinedServices,
    imports: [
      WebhookGatewayModule.register(context),
      IdentityLinkerModule.register(context),
      RunnerApiModule.register(context),
      StatusReporterModule.register(context),
      // Last: its console answers at every path that no other service owns.
      PipelineOrchestratorModule.register(context),
    ],
  };
}
