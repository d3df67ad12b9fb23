export const serviceNames = [
  'webhook-gateway',
  'identity-linker',
  'pipeline-orchestrator',
  'runner-api',
  'status-reporter',
] as const;

export type ServiceName = (typeof serviceNames)[number];

/**
 * Nest gives a transport the handlers of all modules of an app unless the handler names another transport. Each
 * service therefore has its own, and five services in one process do not run each handler five times.
 */
export function transportIdOf(service: ServiceName): symbol {
  return Symbol.for(`crosstie.${service}`);
}
