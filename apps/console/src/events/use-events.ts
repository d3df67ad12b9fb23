import { createContext, useContext, useEffect, useSyncExternalStore } from 'react';

import type { EventState } from './event-store.js';
import type { EventStream } from './event-stream.js';

export const EventStreamContext = createContext<EventStream | null>(null);

/** The stream of this tab. */
export function useEventStream(): EventStream {
  const events = useContext(EventStreamContext);
  if (!events) throw new Error('The page has no event stream.');
  return events;
}

/** How the stream stands; opens it once `ready`. */
export function useEventState(ready: boolean): EventState {
  const events = useEventStream();
  useEffect(() => {
    if (ready) events.start();
    else events.stop();
  }, [events, ready]);
  return useSyncExternalStore(events.store.subscribe, events.store.state);
}
