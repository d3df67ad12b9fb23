import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { signature256 } from '../index.js';
import { Acme, appJwt } from '../testing/acme.js';

const dayMs = 24 * 3_600_000;

describe('deliveries', () => {
  let acme: Acme;
  beforeEach(async () => {
    await acme?.stop();
    acme = new Acme();
    await acme.start();
  });
  afterAll(() => acme.stop());

  const push = (file: string): Promise<unknown> =>
    acme.github.control.push('acme/widget', { pusher: 'kim', files: { [file]: file } });
  const list = async (query = ''): Promise<{ text: string; items: Record<string, unknown>[]; link: string | null }> => {
    const { text, headers } = await acme.asApp(`/app/hook/deliveries${query}`);
    return { text, items: JSON.parse(text) as Record<string, unknown>[], link: headers.get('link') };
  };

  it('are signed as GitHub documents it', () => {
    expect(signature256("It's a Secret to Everybody", Buffer.from('Hello, World!'))).toBe(
      'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    );
  });

  it('are listed newest first, page by page over a cursor', async () => {
    for (const file of ['a', 'b', 'c']) await push(file);
    await acme.hooks.of('push', 3);
    await acme.github.control.settled();
    const first = await list('?per_page=2');
    expect(first.items).toMatchObject([
      { event: 'push', status: 'OK', status_code: 202, redelivery: false },
      { event: 'push' },
    ]);
    const next = /<[^>]*\/api\/v3(\/app\/hook\/deliveries\?[^>]*)>; rel="next"/.exec(first.link ?? '')?.[1] ?? '';
    const second = JSON.parse((await acme.asApp(next)).text) as Record<string, unknown>[];
    expect(second.map((each) => each['event'])).toEqual(['push', 'installation']);
  });

  it('carry ids above 2^53, which lose digits in JavaScript', async () => {
    await push('a');
    await acme.github.control.settled();
    const { text, items } = await list();
    const exact = /"id":(\d+)/.exec(text)?.[1] ?? '';
    expect(String(items[0]?.['id'])).not.toBe(exact);
    const one = await acme.asApp(`/app/hook/deliveries/${exact}`);
    expect(one.body).toMatchObject({
      event: 'push',
      request: { payload: { ref: 'refs/heads/main' } },
      response: { payload: 'heard' },
    });
    expect((await acme.asApp(`/app/hook/deliveries/${String(items[0]?.['id'])}`)).status).toBe(404);
  });

  it('are not repeated by themselves; a redelivery has the same guid and another id', async () => {
    acme.hooks.answer = 500;
    await push('a');
    await acme.github.control.settled();
    const { text, items } = await list('?status=failure');
    expect(items).toMatchObject([{ event: 'push', status_code: 500 }]);
    acme.hooks.answer = 202;
    const id = /"id":(\d+)/.exec(text)?.[1] ?? '';
    expect((await acme.asApp(`/app/hook/deliveries/${id}/attempts`, { method: 'POST' })).status).toBe(202);
    const [once, again] = await acme.hooks.of('push', 2);
    await acme.github.control.settled();
    expect(again?.headers['x-github-delivery']).toBe(once?.headers['x-github-delivery']);
    expect(again?.body).toEqual(once?.body);
    expect((await list()).items[0]).toMatchObject({ redelivery: true, guid: items[0]?.['guid'] });
  });

  it('are given up in time, and `status=failure` leaves those out', async () => {
    await acme.github.control.switches({ hookTimeoutMs: 100 });
    acme.hooks.answer = null;
    await push('a');
    await acme.github.control.settled();
    expect((await list('?status=failure')).items).toEqual([]);
    expect((await list()).items[0]).toMatchObject({ event: 'push', status: 'timed out' });
  });

  it('are recorded as the switch says, and then `status=failure` lists them', async () => {
    await acme.github.control.switches({ hookTimeoutMs: 100, timeoutStatusCode: 504, hookTargetType: 'app' });
    acme.hooks.answer = null;
    await push('a');
    await acme.github.control.settled();
    expect((await list('?status=failure')).items).toMatchObject([{ event: 'push', status_code: 504 }]);
    expect(acme.hooks.arrived[0]?.headers['x-github-hook-installation-target-type']).toBe('app');
  });

  it('of a deleted repository come in the order that the switch says', async () => {
    const { control } = acme.github;
    const orders = {
      deleted_then_removed: ['repository', 'installation_repositories'],
      removed_then_deleted: ['installation_repositories', 'repository'],
      removed: ['installation_repositories'],
      deleted: ['repository'],
    } as const;
    for (const repositoryDeletion of Object.keys(orders) as (keyof typeof orders)[]) {
      await control.switches({ repositoryDeletion });
      await control.createRepository({ owner: 'acme', name: 'gone' });
      const { length } = await control.deliveries();
      await control.deleteRepository('acme/gone');
      expect((await control.deliveries()).slice(length).map((each) => each.event)).toEqual(orders[repositoryDeletion]);
    }
  });

  it('have small ids when a simulator is started so', async () => {
    const other = new Acme();
    await other.start({ bigDeliveryIds: false });
    const answer = await other.asApp('/app/hook/deliveries');
    const [first] = JSON.parse(answer.text) as { id: number }[];
    expect(first?.id).toBeLessThan(2 ** 53);
    expect((await other.asApp(`/app/hook/deliveries/${first?.id}`)).status).toBe(200);
    await other.stop();
  });

  it('leave the log after three days', async () => {
    await push('a');
    await acme.github.control.settled();
    expect((await list()).items).not.toEqual([]);
    await acme.github.control.advanceClock(3 * dayMs);
    const now = Math.floor((await acme.github.control.now()) / 1000);
    const jwt = appJwt(acme.app, { iat: now - 60, exp: now + 540 });
    expect((await acme.ask('/app/hook/deliveries', `Bearer ${jwt}`)).text).toBe('[]');
  });

  it('can be dropped, doubled, delayed and sent out of order', async () => {
    const { control } = acme.github;
    await control.deliveryFault({ event: 'push', drop: true });
    await push('dropped');
    await control.deliveryFault({ event: 'push', times: 2 });
    await push('doubled');
    const doubled = await acme.hooks.of('push', 2);
    expect(new Set(doubled.map((each) => each.headers['x-github-delivery'])).size).toBe(1);
    acme.hooks.clear();
    await control.deliveryFault({ event: 'push', holdBehind: 1 });
    await push('late');
    await push('early');
    const files = (await acme.hooks.of('push', 2)).map(
      (each) => (each.payload['head_commit'] as { added: string[] }).added[0],
    );
    expect(files).toEqual(['early', 'late']);
    expect((await list()).items.map((each) => each['status'])).toContain('timed out');
  });

  it('can be made by hand, with any bytes, guid and secret', async () => {
    const { control } = acme.github;
    const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
    const guid = '00000000-0000-4000-8000-000000000001';
    const sent = await control.deliver({
      app: 'crosstie',
      event: 'push',
      bodyBase64: bytes.toString('base64'),
      guid,
      secret: 'older',
    });
    expect(sent).toMatchObject({ sent: true, guid, statusCode: 202 });
    const [arrived] = await acme.hooks.of('push');
    expect(arrived?.body).toEqual(bytes);
    expect(arrived?.headers['x-hub-signature-256']).toBe(signature256('older', bytes));
    const bare = await control.deliver({
      app: 'crosstie',
      event: 'push',
      payload: {},
      headers: { 'x-hub-signature-256': '' },
    });
    expect(bare.sent).toBe(true);
    expect(acme.hooks.arrived.at(-1)?.headers['x-hub-signature-256']).toBeUndefined();
  });

  it('are not sent at all above 25 MB, nor with the hook switched off', async () => {
    const { control } = acme.github;
    const big = await control.deliver({
      app: 'crosstie',
      event: 'push',
      payload: { text: 'x'.repeat(26 * 1024 * 1024) },
    });
    expect(big).toEqual({ sent: false });
    await control.changeApp('crosstie', { hookActive: false });
    expect(await control.deliver({ app: 'crosstie', event: 'push', payload: {} })).toEqual({ sent: false });
  });

  it('follow the hook settings that the App changes itself', async () => {
    const changed = await acme.asApp('/app/hook/config', {
      method: 'PATCH',
      json: { secret: 'brand new', content_type: 'form' },
    });
    expect(changed.body).toMatchObject({ content_type: 'form', secret: '********' });
    await push('a');
    const [arrived] = await acme.hooks.of('push');
    expect(arrived?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(arrived?.headers['x-hub-signature-256']).toBe(signature256('brand new', arrived?.body ?? Buffer.alloc(0)));
    expect(arrived?.body.toString()).toMatch(/^payload=%7B/);
    expect((await acme.asApp('/app/hook/config')).body).toMatchObject({ insecure_ssl: '0' });
    expect(await acme.github.control.contractViolations()).toEqual([]);
  });
});
