import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@crosstie/testkit';

import { ApiHouse, type Asker } from './testing/api-house.js';

/** A stream as a browser reads it. */
class Listening {
  readonly messages: { id: string; event: string; data: Record<string, unknown> }[] = [];
  status = 0;
  ended = false;
  private readonly abort = new AbortController();

  constructor(house: ApiHouse, who: Asker, query = '', headers: Record<string, string> = {}) {
    void this.read(`${house.url}/api/crosstie/v1/stream${query}`, { 'private-token': who.token, ...headers });
  }

  close(): void {
    this.abort.abort();
  }

  /** Without the signs of life. */
  get said() {
    return this.messages.filter(({ event }) => event === 'message').map(({ data }) => data);
  }

  opened(): Promise<unknown> {
    return until(() => this.messages.some(({ event }) => event === 'alive'), 'the stream to stand');
  }

  private async read(url: string, headers: Record<string, string>): Promise<void> {
    try {
      const answer = await fetch(url, { headers, signal: this.abort.signal });
      this.status = answer.status;
      const decoder = new TextDecoder();
      let rest = '';
      for await (const chunk of answer.body ?? []) {
        const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) this.take(block);
      }
    } catch (error) {
      if (!this.abort.signal.aborted) throw error;
    } finally {
      this.ended = true;
    }
  }

  private take(block: string): void {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
    this.messages.push({
      id: field('id'),
      event: field('event') || 'message',
      data: JSON.parse(field('data')) as Record<string, unknown>,
    });
  }
}

describe('the event stream', () => {
  let house: ApiHouse;
  let project: number;
  let other: number;
  let dana: Asker;
  let admin: Asker;

  beforeAll(async () => {
    house = await ApiHouse.start();
    project = await house.project('acme/widget');
    other = await house.project('acme/secret');
    dana = await house.person({ [project]: 20 });
    admin = await house.person({}, { admin: true });
  });
  afterAll(() => house.stop());

  function tell(type: string, payload: Record<string, unknown>): Promise<number> {
    return house.insert('outbox_event', { type, payload: JSON.stringify(payload), published_at: new Date() });
  }

  it('tells what happens in the projects that one sees, and nothing of others', async () => {
    const pipeline = await house.pipeline(project);
    const listening = new Listening(house, dana);
    await listening.opened();
    await tell('pipeline.changed', { pipelineId: 77, projectId: other, status: 'failed' });
    await tell('github.push', { deliveryId: 5 });
    await tell('person.changed', { userId: 1 });
    await tell('job.finished', { jobId: 3, pipelineId: pipeline, status: 'failed' });
    const last = await tell('pipeline.changed', { pipelineId: pipeline, projectId: project, status: 'failed' });
    await until(() => listening.said.length >= 2, 'two events');
    expect(listening.said).toEqual([
      { type: 'job.finished', project_id: project, pipeline_id: pipeline, job_id: 3, status: 'failed' },
      { type: 'pipeline.changed', project_id: project, pipeline_id: pipeline, status: 'failed' },
    ]);
    expect(listening.messages.at(-1)?.id).toBe(String(last));
    listening.close();
  });

  it('tells administrators of deliveries', async () => {
    const listening = new Listening(house, admin);
    await listening.opened();
    await tell('github.installation', { deliveryId: 6 });
    await until(() => listening.said.length > 0, 'the event');
    expect(listening.said).toEqual([{ type: 'delivery.received', delivery_id: 6 }]);
    listening.close();
  });

  it('hears an event whose commit was overtaken by a later one', async () => {
    const listening = new Listening(house, dana);
    await listening.opened();
    const client = await house.context.database.pool.connect();
    await client.query('BEGIN');
    await client.query(`INSERT INTO outbox_event (type, payload) VALUES ('pipeline.created', $1)`, [
      JSON.stringify({ pipelineId: 1, projectId: project }),
    ]);
    await tell('pipeline.created', { pipelineId: 2, projectId: project });
    await until(() => listening.said.length === 1, 'the later event');
    await client.query('COMMIT');
    client.release();
    await until(() => listening.said.length === 2, 'the earlier event');
    expect(listening.said.map((event) => event['pipeline_id'])).toEqual([2, 1]);
    listening.close();
  });

  it('goes on where it broke off, and says so when it cannot', async () => {
    const from = await tell('project.changed', { projectId: project });
    const missed = await tell('pipeline.created', { pipelineId: 9, projectId: project });
    const resumed = new Listening(house, dana, '', { 'last-event-id': String(from) });
    await until(() => resumed.messages.some(({ id }) => id === String(missed)), 'what was missed');
    resumed.close();

    await house.rows('DELETE FROM outbox_event WHERE id <= $1', [from]);
    const late = new Listening(house, dana, '?last_event_id=1');
    await until(() => late.said.length > 0, 'the reset');
    expect(late.said[0]).toEqual({ type: 'reset' });
    late.close();
  });

  it('tells how a log grows to who may read it', async () => {
    const pipeline = await house.pipeline(project);
    const job = await house.job(pipeline, { status: 'running' });
    const hidden = await house.job(await house.pipeline(other), { status: 'running' });
    await house.log(job, 'one\n');
    await house.log(hidden, 'secret\n');
    const listening = new Listening(house, dana, `?topics=trace:${job},trace:${hidden}`);
    // The shared tail may still tell what happened just before.
    const grown = () => listening.said.filter(({ type }) => type === 'trace.grown');
    await until(() => grown().length === 1, 'the size of now');
    await house.log(job, 'two\n');
    await until(() => grown().length === 2, 'the growth');
    expect(grown()).toEqual([
      { type: 'trace.grown', job_id: job, size: 4 },
      { type: 'trace.grown', job_id: job, size: 8 },
    ]);
    listening.close();
  });

  it('is opened ten times by one person, and not eleven times', async () => {
    const eager = await house.person({ [project]: 10 });
    const streams = Array.from({ length: 10 }, () => new Listening(house, eager));
    await Promise.all(streams.map((stream) => stream.opened()));
    const refused = await eager.get('/api/crosstie/v1/stream');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30']);
    for (const stream of streams) stream.close();
  });

  it('refuses topics that are none', async () => {
    expect((await dana.get('/api/crosstie/v1/stream?topics=trace:1;drop')).status).toBe(400);
  });

  it('ends when the server goes down, and does not hold it up', async () => {
    const going = await ApiHouse.start();
    const listening = new Listening(going, await going.person());
    await listening.opened();
    const began = performance.now();
    await going.stop();
    expect(performance.now() - began).toBeLessThan(5000);
    await until(() => listening.ended, 'the end of the stream');
  });
});
