import type { EventPayloads, EventType, StoredEvent } from './events.js';
import { serviceNames } from './service-name.js';

type Field = 'id' | 'word' | 'word?';

const delivery = { deliveryId: 'id' } as const;

/** What the payload of each event holds, so that a message which was never ours is told from one of ours. */
const shapes: { readonly [T in EventType]: { readonly [F in keyof EventPayloads[T]]-?: Field } } = {
  'github.push': delivery,
  'github.installation': delivery,
  'github.installation_repositories': delivery,
  'github.installation_target': delivery,
  'github.repository': delivery,
  'github.github_app_authorization': delivery,
  'github.member': delivery,
  'github.other': delivery,
  'pipeline.created': { pipelineId: 'id', projectId: 'id' },
  'pipeline.changed': { pipelineId: 'id', projectId: 'id', status: 'word' },
  'job.started': { jobId: 'id', pipelineId: 'id', pipelineStatus: 'word?' },
  'job.finished': { jobId: 'id', pipelineId: 'id', status: 'word' },
  'person.changed': { userId: 'id' },
  'project.changed': { projectId: 'id' },
};

/** Every type that there is. */
export const eventTypes = Object.keys(shapes) as readonly EventType[];

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const word = /^[a-z_]{1,40}$/;

/**
 * An event as it came over a bus that others may write to; null for what no release of ours has sent. What it says is
 * believed no further than that: its handler reads the rows.
 */
export function readEvent(message: unknown): StoredEvent | null {
  if (!isFields(message)) return null;
  const { id, eventId, type, payload, onlyService } = message;
  if (!isId(id) || typeof eventId !== 'string' || !uuid.test(eventId)) return null;
  if (onlyService !== undefined && onlyService !== null && !serviceNames.some((name) => name === onlyService))
    return null;
  return typeof type === 'string' && isPayload(type, payload) ? (message as unknown as StoredEvent) : null;
}

/** Fields that are not known are a newer release's. */
function isPayload(type: string, payload: unknown): boolean {
  if (!Object.hasOwn(shapes, type) || !isFields(payload)) return false;
  return Object.entries<Field>(shapes[type as EventType]).every(([name, field]) => holds(field, payload[name]));
}

function holds(field: Field, value: unknown): boolean {
  if (field === 'id') return isId(value);
  return typeof value === 'string' ? word.test(value) : field === 'word?' && value === undefined;
}

function isId(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
