import { Database, acceptDelivery, storedBody } from '@crosstie/domain';
import { Outbox, githubEventType } from '@crosstie/messaging';
import type { StoredEvent } from '@crosstie/messaging';
import { CrosstieConfig, Problem, Unauthorized, Unavailable, faultPoint, metrics, reached } from '@crosstie/platform';
import { Injectable } from '@nestjs/common';
import { checkSignature } from './signature.js';
import type { SignatureVerdict } from './signature.js';
import { WebhookSecrets } from './webhook-secrets.js';

/** A request as it came, nothing of it believed yet. */
export interface Arrival {
  readonly signature: unknown;
  readonly guid: unknown;
  readonly event: unknown;
  readonly body: Buffer;
}

const accepted = metrics.counter('webhook_accepted_total', 'Deliveries stored or known already', ['outcome']);
const rejected = metrics.counter('webhook_rejected_total', 'Requests refused as a delivery', ['reason']);

// GitHub waits 10 s; a database that is slow is answered for well before, so that requests do not pile up.
const databaseWaitMs = 1_800;
const bytesPerFurtherSecond = 4 * 1024 * 1024;

/** Takes in what GitHub signed: verified, stored as bytes with its event in one statement, told. Nothing else. */
@Injectable()
export class ReceiveDelivery {
  constructor(
    private readonly config: CrosstieConfig,
    private readonly secrets: WebhookSecrets,
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  /** Returns when the delivery is stored, also where it had been before. Throws a Problem. */
  async receive(arrival: Arrival): Promise<void> {
    reached('accept.begun');
    await this.verify(arrival);
    const { guid, event } = readHeaders(arrival);
    const { packed, bytes, sha256 } = await storedBody(arrival.body);
    await faultPoint('gateway.before_insert');
    const type = githubEventType(event);
    const { host } = this.config.github;
    const row = await inTime(
      this.database.first(acceptDelivery, host, guid, event, packed, bytes, sha256, type),
      databaseWaitMs + (packed.length / bytesPerFurtherSecond) * 1_000,
    );
    reached('accept.stored');
    accepted.inc({ outcome: row ? 'stored' : 'duplicate' });
    if (row) this.outbox.publish([{ id: row.id, eventId: row.eventId, type, payload: row.payload } as StoredEvent]);
    await faultPoint('gateway.after_insert');
  }

  private async verify({ signature, body }: Arrival): Promise<void> {
    let verdict = checkSignature(signature, body, await inTime(this.secrets.current(), databaseWaitMs));
    if (verdict === 'wrong') {
      verdict = checkSignature(signature, body, await inTime(this.secrets.current(true), databaseWaitMs));
    }
    if (verdict !== 'holds') throw refusal(verdict);
  }
}

function refusal(verdict: Exclude<SignatureVerdict, 'holds'>): Problem {
  rejected.inc({ reason: `signature_${verdict}` });
  return new Unauthorized(undefined, `signature_${verdict}`);
}

// Neither is covered by the signature; they are keys and words, so they must look like some.
function readHeaders({ guid, event }: Arrival): { guid: string; event: string } {
  const guidIsFine = typeof guid === 'string' && /^[\w-]{1,100}$/.test(guid);
  const eventIsFine = typeof event === 'string' && /^[a-z_]{1,100}$/.test(event);
  if (guidIsFine && eventIsFine) return { guid, event };
  rejected.inc({ reason: 'headers' });
  throw new Problem(400, { error: 'X-GitHub-Delivery or X-GitHub-Event is missing or malformed' }, 'headers');
}

async function inTime<T>(work: Promise<T>, waitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Unavailable('503 Service Unavailable', 5, 'database_slow')), waitMs);
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    if (error instanceof Unavailable) rejected.inc({ reason: 'database_slow' });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
