import type { FaultPointName } from '@crosstie/platform';

import type { House } from './house.js';
import { expectOneOutcome } from './outcome.js';
import { afterGatewayInsert, beforeGatewayInsert, recoveryIsKilled } from './deliveries.js';
import { claimIsLost, endIsTold, logIsStored } from './by-hand.js';
import { consumersAreKilled } from './consumers.js';
import { leaderIsKilled } from './leading.js';
import { migrationIsKilled } from './migrating.js';
import { artifactIsStored } from './objects.js';
import { exchangeIsLost, exchangeIsNotBegun } from './tokens.js';

export interface Scenario {
  /** What must come of it, for people. */
  outcome: string;
  play: (house: House, point: FaultPointName) => Promise<void>;
}

/** One for each point: a point without its scenario does not compile. */
export const scenarios: Record<FaultPointName, Scenario> = {
  'gateway.before_insert': {
    outcome: "recovery finds the push in GitHub's log and takes it in once (F1)",
    play: beforeGatewayInsert,
  },
  'gateway.after_insert': { outcome: 'the delivery sent again has no effect (F2)', play: afterGatewayInsert },
  'orchestrator.after_actor': { outcome: 'GitHub is asked again, one pipeline comes of it (F64)', play: killOnce },
  'orchestrator.after_ci_read': { outcome: 'the file is read again, one pipeline comes of it (F64)', play: killOnce },
  'orchestrator.after_compile': { outcome: 'a token that was made meanwhile serves nobody (F64)', play: killOnce },
  'intake.before_insert': { outcome: 'the push is taken in after the start (F64)', play: killOnce },
  'intake.after_insert': { outcome: 'the pipeline that is there stays the only one', play: killOnce },
  'vault.before_exchange': { outcome: 'the next process exchanges the token (F30)', play: exchangeIsNotBegun },
  'vault.after_exchange': {
    outcome: 'the person is told to sign in again, and that heals it (F31)',
    play: exchangeIsLost,
  },
  'consumer.after_commit': { outcome: 'events that come again have no effect twice (F28)', play: consumersAreKilled },
  'outbox.before_publish': { outcome: 'the event goes out after the start', play: killOnce },
  'outbox.after_publish': { outcome: 'the event goes out again and has no effect twice (F20)', play: killOnce },
  'claim.after_commit': { outcome: 'another runner gets the job, with another token (F40)', play: claimIsLost },
  'trace.after_append': { outcome: 'the piece sent again is refused with the right size (F45)', play: logIsStored },
  'artifact.after_put': { outcome: 'the runner sends the file again (F47)', play: artifactIsStored },
  'finish.after_commit': { outcome: 'the end told again changes nothing (F48)', play: endIsTold },
  'reaper.leading': { outcome: 'the next leader returns the hand-out, once (F16, F40)', play: leaderIsKilled },
  'advance.before_commit': { outcome: 'the pipeline is moved by who comes next (F64)', play: killOnce },
  'advance.after_commit': { outcome: 'the pipeline moves on', play: killOnce },
  'status.before_post': { outcome: 'the status goes out after the start (F63)', play: killOnce },
  'status.after_post': { outcome: 'the status may come twice, and none comes late (F36, F63)', play: killOnce },
  'recovery.after_page': { outcome: 'the log is read again from its newest page (F9)', play: recoveryIsKilled },
  'recovery.before_mark': { outcome: 'what was taken from the log is not taken again (F9)', play: recoveryIsKilled },
  'migrate.mid': { outcome: 'whole migrations stay and the rest is done by the next (F54)', play: migrationIsKilled },
};

/** A push meets the kill; the next process brings it to its end. */
async function killOnce(house: House, point: FaultPointName): Promise<void> {
  await house.server.start(`${point}=kill`);
  const push = await house.push();
  await house.server.died();
  await house.server.start();
  await expectOneOutcome(house, push);
}
