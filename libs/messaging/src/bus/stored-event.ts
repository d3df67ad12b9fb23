import type { EventRow } from '@crosstie/domain';

import type { StoredEvent } from '../events.js';

/** An event from its row. */
export function toStoredEvent(row: EventRow): StoredEvent {
  return {
    id: row.id,
    eventId: row.event_id,
    type: row.type,
    payload: row.payload,
    onlyService: row.only_service,
  } as StoredEvent;
}
