import type { EventType } from './events.js';
import { eventTypes } from './read-event.js';
import type { ServiceName } from './service-name.js';

/**
 * What each service may put on the bus, by the first word of the type; the users of nats-server are made to this list.
 * The orchestrator also tells what operators have replayed, and what others committed and then died over.
 */
export const wordsToldBy: Readonly<Record<ServiceName, readonly string[]>> = {
  'webhook-gateway': ['github'],
  'identity-linker': ['person'],
  'pipeline-orchestrator': ['github', 'pipeline', 'job', 'person', 'project'],
  'runner-api': ['job', 'project'],
  'status-reporter': [],
};

/** The types that a process of these services tells. */
export function typesToldBy(services: readonly ServiceName[]): readonly EventType[] {
  const words = new Set(services.flatMap((service) => wordsToldBy[service]));
  return eventTypes.filter((type) => words.has(type.split('.', 1)[0] ?? ''));
}
