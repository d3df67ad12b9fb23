import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { isPublicAddress } from './public-addresses.js';
import { type FetchRules, PublicFetch, type Resolve } from './public-fetch.js';

const ask = { timeoutMs: 2000, bytesMax: 1000 };
const anyPublic: FetchRules = { public: true, hosts: [] };

describe('an address of the public Internet (Y7)', () => {
  it.each(['93.184.216.34', '8.8.8.8', '2606:4700::6810:84e5', '2a00:1450:4001:830::200e'])('is %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    '127.0.0.1',
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '169.254.169.254',
    '168.63.129.16',
    '172.31.255.255',
    '192.168.0.1',
    '192.0.0.192',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::a9fe:a9fe',
    'fd00:ec2::254',
    'fe80::1',
    'ff02::1',
    '2001:db8::1',
    '2001:0:1::1',
    '2002:7f00:1::',
    'not an address',
  ])('is not %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('a text fetched from where somebody wrote', () => {
  let server: Server;
  let port: number;
  let connections = 0;
  let requests: { url: string | undefined; headers: Record<string, unknown> }[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      requests.push({ url: request.url, headers: request.headers });
      const [, what = '', to = ''] = (request.url ?? '').split('/');
      if (what === 'silent') return;
      if (what === 'redirect') response.writeHead(302, { location: decodeURIComponent(to) }).end();
      else response.end(what === 'large' ? Buffer.alloc(2000) : 'a: b');
    });
    server.on('connection', () => (connections += 1));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  beforeEach(() => {
    connections = 0;
    requests = [];
  });

  function allowing(...hosts: string[]): FetchRules {
    return { public: false, hosts };
  }

  const to = (address: string): Resolve => {
    return () => Promise.resolve([{ address, family: address.includes(':') ? 6 : 4 }]);
  };

  it.each([
    ['http://169.254.169.254/latest/meta-data.yml', 'only https'],
    ['https://169.254.169.254/latest/meta-data.yml', 'not on the public Internet'],
    ['https://[::ffff:127.0.0.1]:PORT/a.yml', 'not on the public Internet'],
    ['https://0x7f.1:PORT/a.yml', 'not on the public Internet'],
    ['https://2130706433:PORT/a.yml', 'not on the public Internet'],
    ['https://localhost:PORT/a.yml', 'not on the public Internet'],
    ['file:///etc/passwd.yml', 'no http or https'],
    ['https://user:pass@127.0.0.1:PORT/a.yml', 'user name or password'],
    ['https://', 'no http or https'],
  ])('is refused from %s, without a connection (Y7)', async (address, why) => {
    const get = new PublicFetch(anyPublic).get(address.replace('PORT', String(port)), ask);
    await expect(get).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining(why) });
    expect(connections).toBe(0);
  });

  it('is refused when only one of the addresses of a name is private (Y7)', async () => {
    const both: Resolve = () =>
      Promise.resolve(['93.184.216.34', '127.0.0.1'].map((address) => ({ address, family: 4 })));
    const get = new PublicFetch(anyPublic, both).get(`https://two.test:${port}/a.yml`, ask);
    await expect(get).rejects.toMatchObject({ kind: 'refused' });
    expect(connections).toBe(0);
  });

  it('goes to the address that was looked at, whatever the name server says next (Y7)', async () => {
    const answers = ['93.184.216.34', '127.0.0.1', '127.0.0.1'];
    let asked = 0;
    const rebinding: Resolve = () => {
      asked += 1;
      return Promise.resolve([{ address: answers.shift() ?? '127.0.0.1', family: 4 }]);
    };
    const get = new PublicFetch(anyPublic, rebinding).get(`https://two.test:${port}/a.yml`, { ...ask, timeoutMs: 200 });
    await expect(get).rejects.toThrow();
    expect({ asked, connections }).toEqual({ asked: 1, connections: 0 });
  });

  it('comes from a private host that an administrator named, with no credentials', async () => {
    const fetcher = new PublicFetch(allowing(`templates.test:${port}`), to('127.0.0.1'));
    const { status, body } = await fetcher.get(`http://templates.test:${port}/a.yml`, ask);
    expect([status, body.toString()]).toEqual([200, 'a: b']);
    expect(requests[0]?.headers).not.toHaveProperty('authorization');
    expect(requests[0]?.headers).not.toHaveProperty('cookie');
  });

  it('comes from no other host where the public ones are off', async () => {
    const get = new PublicFetch(allowing('templates.test'), to('93.184.216.34')).get('https://e.x/a.yml', ask);
    await expect(get).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining('administrator') });
  });

  it('is not followed to a private host, nor for ever (Y7)', async () => {
    const hidden = createServer((_, response) => response.end('secret'));
    let seen = 0;
    hidden.on('connection', () => (seen += 1));
    await new Promise<void>((resolve) => hidden.listen(0, '127.0.0.1', resolve));
    const inner = `http://127.0.0.1:${(hidden.address() as AddressInfo).port}/a.yml`;
    const base = `http://127.0.0.1:${port}`;
    const fetcher = new PublicFetch({ public: true, hosts: [`127.0.0.1:${port}`] });
    for (const place of [inner, inner.replace('http', 'https'), 'file:///etc/passwd', 'gopher://x']) {
      const get = fetcher.get(`${base}/redirect/${encodeURIComponent(place)}`, ask);
      await expect(get).rejects.toMatchObject({ kind: 'refused' });
    }
    const ever = Array<string>(5)
      .fill('/redirect/')
      .reduce((inside, start) => start + encodeURIComponent(inside), '/a');
    await expect(fetcher.get(base + ever, ask)).rejects.toMatchObject({ message: 'redirects more than 3 times' });
    expect(seen).toBe(0);
    hidden.close();
  });

  it('is followed on the same host', async () => {
    const fetcher = new PublicFetch(allowing('127.0.0.1'));
    const { body } = await fetcher.get(`http://127.0.0.1:${port}/redirect/${encodeURIComponent('/a.yml')}`, ask);
    expect(body.toString()).toBe('a: b');
  });

  it('ends when it is too large, when nothing comes, and when nobody is there', async () => {
    const fetcher = new PublicFetch(allowing('127.0.0.1'));
    const at = (path: string) => fetcher.get(`http://127.0.0.1:${port}/${path}`, { ...ask, timeoutMs: 300 });
    await expect(at('large')).rejects.toMatchObject({ kind: 'too_large', message: 'is larger than 1000 bytes' });
    await expect(at('silent')).rejects.toMatchObject({ kind: 'timeout' });
    const gone = fetcher.get('http://127.0.0.1:1/', ask);
    await expect(gone).rejects.toMatchObject({ kind: 'connection', message: 'could not be reached (ECONNREFUSED)' });
    const endless: Resolve = () => new Promise(() => undefined);
    const named = new PublicFetch(anyPublic, endless).get('https://slow.test/a.yml', { ...ask, timeoutMs: 50 });
    await expect(named).rejects.toMatchObject({ kind: 'timeout' });
  });
});
