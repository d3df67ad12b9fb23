/** Every event, by type. A payload carries ids and words of closed lists, never content: whoever is told reads the row. */
export interface EventPayloads {
  'github.push': DeliveryArrived;
  'github.installation': DeliveryArrived;
  'github.installation_repositories': DeliveryArrived;
  'github.installation_target': DeliveryArrived;
  'github.repository': DeliveryArrived;
  'github.github_app_authorization': DeliveryArrived;
  'github.member': DeliveryArrived;
  /** A delivery of a kind that nothing of ours reads. */
  'github.other': DeliveryArrived;
  'pipeline.created': { pipelineId: number; projectId: number };
  /** The pipeline's status is another one now. */
  'pipeline.changed': { pipelineId: number; projectId: number; status: string };
  /** A runner has taken the job, in a pipeline that had this status until then. */
  'job.started': { jobId: number; pipelineId: number; pipelineStatus?: string };
  /** The job has come to its end; `status` is GitLab's word. */
  'job.finished': { jobId: number; pipelineId: number; status: string };
  /** Something that decides about a person's rights changed: link, seat, role, block. */
  'person.changed': { userId: number };
  /** Something that decides about a project's rights or runs changed. */
  'project.changed': { projectId: number };
}

/** A verified delivery of GitHub's was stored. */
export interface DeliveryArrived {
  deliveryId: number;
}

export type EventType = keyof EventPayloads;

/** An event to be told. */
export type NewEvent = { [T in EventType]: { type: T; payload: EventPayloads[T] } }[EventType];

/** An event as it stands in the outbox. */
export type StoredEvent = NewEvent & {
  /** The row's id: grows, but commits may overtake each other. */
  id: number;
  /** The event's name on the bus; the same at each delivery. */
  eventId: string;
  /** Set when it is meant for one service alone, as a replayed dead letter is. */
  onlyService?: string | null;
};

/** What a handler is given. */
export interface Incoming<T extends EventType = EventType> {
  eventId: string;
  type: T;
  payload: EventPayloads[T];
  /** 1 at the first delivery; starts that ended in a crash count. */
  attempt: number;
}

const readFromGithub = new Set([
  'push',
  'installation',
  'installation_repositories',
  'installation_target',
  'repository',
  'github_app_authorization',
  'member',
]);

/** The event of a delivery, by the value of GitHub's `X-GitHub-Event` header. */
export function githubEventType(event: string): EventType {
  return readFromGithub.has(event) ? (`github.${event}` as EventType) : 'github.other';
}
