import type { StreamEventRow } from '@crosstie/domain';

/** What the event stream says: ids and words of closed lists. Who is told asks for the rest. */
export type StreamEvent =
  | { type: 'pipeline.created' | 'pipeline.changed'; project_id: number; pipeline_id: number; status?: string }
  | { type: 'job.started' | 'job.finished'; project_id: number; pipeline_id: number; job_id: number; status?: string }
  | { type: 'project.changed'; project_id: number }
  | { type: 'trace.grown'; job_id: number; size: number }
  | { type: 'delivery.received'; delivery_id: number }
  | { type: 'reset' };

/** For whom an event is: those who see the project, or administrators where there is none. */
export interface AddressedEvent {
  readonly id: number;
  readonly projectId: number | null;
  readonly event: StreamEvent;
}

/** What the stream says of an event of the outbox; null for what concerns nobody's page. */
export function toStreamEvent({ id, type, payload, projectId }: StreamEventRow): AddressedEvent | null {
  const event = describe(type, payload, projectId);
  return event ? { id, projectId: event.type === 'delivery.received' ? null : projectId, event } : null;
}

function describe(type: string, payload: Record<string, unknown>, projectId: number | null): StreamEvent | null {
  if (type.startsWith('github.')) return { type: 'delivery.received', delivery_id: Number(payload['deliveryId']) };
  if (projectId === null) return null;
  const status = typeof payload['status'] === 'string' ? { status: payload['status'] } : {};
  const pipeline_id = Number(payload['pipelineId']);
  switch (type) {
    case 'pipeline.created':
    case 'pipeline.changed':
      return { type, project_id: projectId, pipeline_id, ...status };
    case 'job.started':
    case 'job.finished':
      return { type, project_id: projectId, pipeline_id, job_id: Number(payload['jobId']), ...status };
    case 'project.changed':
      return { type, project_id: projectId };
    default:
      return null;
  }
}
