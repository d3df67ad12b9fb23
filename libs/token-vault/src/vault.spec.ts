import { generateKeyPairSync } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ConfigValues, Secret } from '@crosstie/platform';
import { type TestContext, testContext } from '@crosstie/testkit';

import { AppSecrets } from './app-secrets.js';
import { HookSecrets } from './hook-secrets.js';
import { Keyring } from './keyring.js';
import { rotateKeys } from './rotate-keys.js';

const host = 'github.example';
const key = (letter: string) => Buffer.alloc(32, letter).toString('base64');
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

describe('the vault', () => {
  let context: TestContext;
  beforeAll(async () => {
    context = await testContext();
  });
  afterAll(() => context.stop());

  const secrets = (keys: string) => new AppSecrets(context.database, Keyring.parse(keys), context.clock);
  const old = `hook:y25:${key('a')},app:y25:${key('b')},leases:y25:${key('c')}`;
  const both = `hook:y26:${key('d')},${old},app:y26:${key('e')}`.replace(
    `app:y25:${key('b')},leases:y25:${key('c')},app:y26:${key('e')}`,
    `app:y26:${key('e')},app:y25:${key('b')},leases:y25:${key('c')}`,
  );
  const github = (webhookSecrets: string[]): ConfigValues['github'] => ({
    host,
    webUrl: `https://${host}`,
    apiUrl: `https://${host}/api/v3`,
    webhookSecrets: [],
    app: {
      id: 7,
      slug: 'crosstie',
      clientId: 'Iv1.x',
      clientSecret: new Secret('canary-client-secret'),
      privateKey: new Secret(privateKey),
      webhookSecrets: webhookSecrets.map((text) => new Secret(text)),
    },
  });
  const hooks = async (keys: string) => {
    const reader = new HookSecrets(context.database, Keyring.parse(keys), context.clock);
    return (await reader.hookSecrets(host)).map((secret) => secret.reveal());
  };

  it('takes the App of the configuration in once, and its changes', async () => {
    const generation = async () =>
      (await context.database.pool.query(`SELECT sum(generation)::int AS n FROM credential`)).rows[0] as { n: number };
    await secrets(old).adopt(github(['new-hook-secret', 'old-hook-secret']));
    const first = await generation();
    await secrets(old).adopt(github(['new-hook-secret', 'old-hook-secret']));
    expect(await generation()).toEqual(first);
    expect(await hooks(old)).toEqual(['new-hook-secret', 'old-hook-secret']);
    await secrets(old).adopt(github(['newest-hook-secret']));
    expect(await hooks(old)).toEqual(['newest-hook-secret']);
    expect(await secrets(old).find(host)).toMatchObject({ appId: 7, slug: 'crosstie' });
  });

  it('T3: gives webhook secrets to who has the class hook alone, and nothing else of the App', async () => {
    const gateway = `hook:y25:${key('a')}`;
    expect(await hooks(gateway)).toEqual(['newest-hook-secret']);
    await expect(secrets(gateway).oauthApp(host)).rejects.toThrow(/no key of the class app/);
  });

  it('reads a changed webhook secret when the known one does not fit, once a second at the most', async () => {
    const reader = new HookSecrets(context.database, Keyring.parse(old), context.clock);
    const known = async (again = false) => (await reader.hookSecrets(host, again)).length;
    await known();
    await secrets(old).adopt(github(['rotated-hook-secret', 'newest-hook-secret']));
    expect(await known()).toBe(1);
    expect(await known(true)).toBe(2);
    await secrets(old).adopt(github(['rotated-hook-secret']));
    expect(await known(true)).toBe(2);
    context.clock.advance(1100);
    expect(await known(true)).toBe(1);
    await secrets(old).adopt(github(['rotated-hook-secret', 'newest-hook-secret']));
    context.clock.advance(5000);
    expect(await known()).toBe(2);
  });

  it('does not remember that there was no webhook secret', async () => {
    const reader = new HookSecrets(context.database, Keyring.parse(old), context.clock);
    expect(await reader.hookSecrets('later.example')).toEqual([]);
    await secrets(old).adopt({ ...github(['first-hook-secret']), host: 'later.example' });
    expect(await reader.hookSecrets('later.example')).toHaveLength(1);
    await context.database.pool.query(`DELETE FROM credential WHERE host = 'later.example'`);
  });

  it('puts every record under a new key while readers go on, and is done when asked again', async () => {
    const rotated = await rotateKeys(context.database, Keyring.parse(both));
    expect(rotated).toEqual([
      { class: 'hook', keyId: 'y26', rewrapped: 2 },
      { class: 'app', keyId: 'y26', rewrapped: 2 },
      { class: 'leases', keyId: 'y25', rewrapped: 0 },
    ]);
    expect(await hooks(both)).toHaveLength(2);
    expect((await rotateKeys(context.database, Keyring.parse(both))).map(({ rewrapped }) => rewrapped)).toEqual([
      0, 0, 0,
    ]);
    const fresh = `hook:y26:${key('d')},app:y26:${key('e')}`;
    expect((await secrets(fresh).oauthApp(host)).clientSecret.reveal()).toBe('canary-client-secret');
    expect(await hooks(fresh)).toHaveLength(2);
    await expect(hooks(old)).rejects.toThrow(/stands under the key y26/);
  });

  it('knows where an App has its page, at GitHub and at an Enterprise Server', async () => {
    const pageAt = async (name: string) => {
      const at = { ...github(['hook']), host: name, webUrl: `https://${name}` };
      await secrets(old).adopt(at);
      return (await secrets(old).find(name))?.htmlUrl;
    };
    expect(await pageAt('acme.ghe.com')).toBe('https://acme.ghe.com/apps/crosstie');
    expect(await pageAt('github.acme.example')).toBe('https://github.acme.example/github-apps/crosstie');
  });
});
