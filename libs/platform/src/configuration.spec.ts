import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig } from './configuration.js';

const app = {
  CROSSTIE_GITHUB_APP_ID: '12',
  CROSSTIE_GITHUB_APP_SLUG: 'crosstie-acme',
  CROSSTIE_GITHUB_CLIENT_ID: 'Iv1.x',
  CROSSTIE_GITHUB_CLIENT_SECRET: 'client-secret',
  CROSSTIE_GITHUB_PRIVATE_KEY: '-----BEGIN RSA PRIVATE KEY-----\\nabc\\n-----END RSA PRIVATE KEY-----',
  CROSSTIE_GITHUB_WEBHOOK_SECRET: 'newest, older',
};

function mistakesOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
}

describe('the configuration', () => {
  it('has a default for everything', () => {
    expect(loadConfig({})).toMatchObject({
      url: 'http://localhost:8080',
      databaseUrl: null,
      natsUrl: null,
      encryptionKeys: null,
      github: { webUrl: 'https://github.com', apiUrl: 'https://api.github.com', host: 'github.com', app: null },
      bind: '127.0.0.1',
      port: 8080,
      metricsPort: 9464,
      jobAckTimeoutMs: 120_000,
      runnerSilenceLimitMs: 900_000,
      recoveryIntervalMs: 60_000,
      sweepIntervalMs: 1_000,
      remoteIncludes: { public: true, hosts: [] },
      faults: '',
    });
  });

  it.each([
    ['none', { public: false, hosts: [] }],
    ['public, Templates.example.com:8443', { public: true, hosts: ['templates.example.com:8443'] }],
    ['10.0.0.7', { public: false, hosts: ['10.0.0.7'] }],
  ])('takes CROSSTIE_REMOTE_INCLUDES=%s', (text, remoteIncludes) => {
    expect(loadConfig({ CROSSTIE_REMOTE_INCLUDES: text })).toMatchObject({ remoteIncludes });
    expect(mistakesOf({ CROSSTIE_REMOTE_INCLUDES: `${text},https://x/` })).toHaveLength(1);
  });

  it('tells every mistake at once, each with its variable', () => {
    const mistakes = mistakesOf({
      CROSSTIE_URL: 'nope',
      CROSSTIE_PORT: '70000',
      CROSSTIE_SWEEP_INTERVAL: '10ms',
      CROSSTIE_LOG_FORMAT: 'xml',
      CROSSTIE_ENCRYPTION_KEYS: 'unknown:1:AAAA',
      CROSSTIE_GITHUB_APP_ID: '12',
    });
    for (const name of ['URL', 'PORT', 'SWEEP_INTERVAL', 'LOG_FORMAT', 'ENCRYPTION_KEYS', 'GITHUB_PRIVATE_KEY']) {
      expect(mistakes.filter((line) => line.startsWith(`CROSSTIE_${name}: `))).toHaveLength(1);
    }
  });

  it('reads a variable from the file that NAME_FILE names, and says when it cannot', () => {
    const folder = mkdtempSync(join(tmpdir(), 'crosstie-config-'));
    const file = join(folder, 'database');
    writeFileSync(file, 'postgres://u:p@db/crosstie\n');
    expect(loadConfig({ CROSSTIE_DATABASE_URL_FILE: file }).databaseUrl?.reveal()).toBe('postgres://u:p@db/crosstie');
    rmSync(folder, { recursive: true });
    expect(mistakesOf({ CROSSTIE_DATABASE_URL_FILE: file })[0]).toMatch(/^CROSSTIE_DATABASE_URL_FILE: .*ENOENT/);
  });

  it('knows the whole GitHub App or nothing of it, but the webhook secret alone is enough for a gateway', () => {
    const config = loadConfig(app);
    expect(config.github.app).toMatchObject({ id: 12, slug: 'crosstie-acme', clientId: 'Iv1.x' });
    expect(config.github.app?.privateKey.reveal()).toContain('-----\nabc\n');
    expect(config.github.webhookSecrets.map((secret) => secret.reveal())).toEqual(['newest', 'older']);
    const gateway = loadConfig({ CROSSTIE_GITHUB_WEBHOOK_SECRET: 'x' });
    expect([gateway.github.app, gateway.github.webhookSecrets.length]).toEqual([null, 1]);
  });

  it('finds the API of an Enterprise Server and of a ghe.com tenant by their rules', () => {
    const apiOf = (url: string) => loadConfig({ CROSSTIE_GITHUB_URL: url }).github.apiUrl;
    expect(apiOf('https://github.acme.example/')).toBe('https://github.acme.example/api/v3');
    expect(apiOf('https://acme.ghe.com')).toBe('https://api.acme.ghe.com');
  });

  it('prints no secret', () => {
    const text = JSON.stringify(loadConfig({ ...app, CROSSTIE_DATABASE_URL: 'postgres://u:hunter2@db/x' }));
    expect(text).not.toMatch(/client-secret|hunter2|newest|BEGIN/);
  });

  it('takes fault points only with permission and beside a GitHub on loopback', () => {
    const faults = { CROSSTIE_FAULTS: 'gateway.after_insert=kill@2', CROSSTIE_ALLOW_FAULTS: 'yes' };
    const local = { CROSSTIE_GITHUB_URL: 'http://127.0.0.1:9000' };
    expect(loadConfig({ ...faults, ...local }).faults).toBe('gateway.after_insert=kill@2');
    expect(mistakesOf(faults)[0]).toMatch(/not on this machine's loopback/);
    expect(mistakesOf({ ...local, CROSSTIE_FAULTS: 'gateway.after_insert=kill' })[0]).toMatch(/CROSSTIE_ALLOW_FAULTS/);
    expect(mistakesOf({ ...faults, ...local, CROSSTIE_FAULTS: 'nowhere=kill' })[0]).toMatch(/not a fault point/);
  });
});
