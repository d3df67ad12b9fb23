import { statement } from '../database/statement.js';

export interface StreamEventRow {
  id: number;
  type: string;
  payload: Record<string, unknown>;
  /** Of the pipeline, where the payload names only that. */
  projectId: number | null;
}

/**
 * Events after an id, told or not, with the project whose people may hear of them. Commits may overtake
 * each other, so a reader asks again from a little way back and names what it has seen.
 */
export const streamEvents = statement<[afterId: number, seen: readonly number[], limit: number], StreamEventRow>(
  'stream_events',
  { outbox_event: 's', pipeline: 's' },
  `SELECT e.id, e.type, e.payload,
          coalesce((e.payload->>'projectId')::bigint, p.project_id) AS "projectId"
     FROM outbox_event e
     LEFT JOIN pipeline p ON p.id = (e.payload->>'pipelineId')::bigint
    WHERE e.id > $1 AND NOT e.id = ANY ($2::bigint[])
    ORDER BY e.id
    LIMIT $3`,
);

/** The oldest and the newest event that are kept; zeros when there is none. */
export const streamBounds = statement<[], { oldest: number; newest: number }>(
  'stream_bounds',
  { outbox_event: 's' },
  `SELECT coalesce(min(id), 0) AS oldest, coalesce(max(id), 0) AS newest FROM outbox_event`,
);
