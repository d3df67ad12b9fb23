import type { FinishedJob } from '@crosstie/domain';
import type { StoredEvent } from '@crosstie/messaging';

/** The event that an end left in the outbox. */
export function finishedEvent(end: FinishedJob): StoredEvent {
  const payload = { jobId: end.job_id, pipelineId: end.pipeline_id, status: end.status };
  return { id: end.outbox_id, eventId: end.event_id, type: 'job.finished', payload };
}
