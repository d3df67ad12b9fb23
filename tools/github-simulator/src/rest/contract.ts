import type { Received } from '../http/received.js';
import type { SimulatedClock } from '../state/clock.js';
import type { Answer, Call, Operation } from './operation.js';

/** GitHub's published description of each operation, held against what comes in and goes out. */
export interface Contract {
  /** Throws GitHub's 400 or 422 and records the violation. */
  checkRequest(operation: Operation, call: Call): void;
  /** Throws when our own answer breaks the description: a bug of the simulator. */
  checkAnswer(operation: Operation, answer: Answer): void;
}

export function loadContract(_received: Received, _clock: SimulatedClock): Contract {
  return { checkRequest: () => undefined, checkAnswer: () => undefined };
}
