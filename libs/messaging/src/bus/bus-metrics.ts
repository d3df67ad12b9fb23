import { metrics } from '@crosstie/platform';

/** What the bus tells its operator. Labels are from closed lists. */
export const busMetrics = {
  events: metrics.counter('crosstie_events_total', 'Deliveries of events to a service, by what became of them', [
    'service',
    'outcome',
  ]),
  handling: metrics.histogram('crosstie_event_handling_seconds', 'Time a handler took', ['service']),
  messages: metrics.counter('crosstie_bus_messages_total', 'What was put on the bus', ['kind']),
  publishFailures: metrics.counter('crosstie_bus_publish_failures_total', 'Events the bus did not take at once'),
  redriven: metrics.counter('crosstie_sweep_redriven_total', 'Events that the sweep told, not the one who acted'),
  outboxEvents: metrics.gauge('crosstie_outbox_unpublished', 'Events in the outbox that were not told yet'),
  outboxAge: metrics.gauge('crosstie_outbox_oldest_seconds', 'Age of the oldest event that was not told yet'),
  pending: metrics.gauge('crosstie_bus_pending', 'Events that a service was not given yet or still handles', [
    'service',
  ]),
  connected: metrics.gauge('crosstie_bus_connected', '1 while NATS answers'),
  deadLetters: metrics.gauge('crosstie_dead_letters', 'Dead letters that nobody has replayed', ['service']),
};
