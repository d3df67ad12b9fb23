import {
  deleteCredentials,
  findCredentials,
  findGithubApp,
  putCredential,
  putGithubApp,
  type Database,
  type GithubAppRow,
  type Queryable,
} from '@crosstie/domain';
import { signAppJwt, type OauthApp } from '@crosstie/github';
import { type Clock, type GithubSettings, isHostedByGithub, Secret } from '@crosstie/platform';

import { guarded } from './guarded.js';
import { readHookSecrets, secretPlace } from './hook-secrets.js';
import type { KeyClass } from './key-classes.js';
import type { Keyring } from './keyring.js';
import { TokenRefused } from './token-refused.js';

/** An App as it is put into the vault. */
export interface NewApp {
  id: number;
  slug: string;
  clientId: string;
  htmlUrl: string;
  clientSecret: Secret;
  privateKey: Secret;
  /** Newest first. */
  webhookSecrets: readonly Secret[];
}

interface LoadedApp {
  row: GithubAppRow;
  oauth: OauthApp;
  privateKey: Secret;
  until: number;
}

/** Another replica may have made or changed the App: what was read is believed for so long. */
const keptMs = 30_000;

/** The GitHub App's own secrets: for the token authority alone. */
export class AppSecrets {
  private readonly loaded = new Map<string, LoadedApp>();

  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
    private readonly clock: Clock,
  ) {}

  /** Which App there is on a host; null before the set-up. */
  async find(host: string): Promise<GithubAppRow | null> {
    return (await this.load(host))?.row ?? null;
  }

  /** What the App proves itself with at the OAuth calls. Throws TokenRefused `app_missing`. */
  async oauthApp(host: string): Promise<OauthApp> {
    return (await this.need(host)).oauth;
  }

  /** A fresh App JWT, good for nine minutes. Throws TokenRefused `app_missing`. */
  async jwt(host: string): Promise<{ jwt: Secret; expiresAt: Date }> {
    const { row, privateKey } = await this.need(host);
    const signed = signAppJwt({ issuer: row.clientId, privateKey }, this.clock);
    return { ...signed, jwt: guarded(signed.jwt) };
  }

  /** Puts an App into the vault, in place of the one of that host. */
  async store(host: string, app: NewApp): Promise<void> {
    await this.database.transaction(async (tx) => {
      await tx.run(putGithubApp, host, app.id, app.slug, app.clientId, app.htmlUrl);
      await this.put(tx, 'app', 'app_private_key', host, 1, app.privateKey);
      await this.put(tx, 'app', 'client_secret', host, 1, app.clientSecret);
      for (const [n, secret] of app.webhookSecrets.entries()) {
        await this.put(tx, 'hook', 'webhook_secret', host, n + 1, secret);
      }
      await tx.run(deleteCredentials, host, 'webhook_secret', 0, app.webhookSecrets.length + 1);
    });
    this.loaded.delete(host);
  }

  /** Takes the App of the configuration into the vault, so that every reader has one path. Again: no effect. */
  async adopt(github: GithubSettings): Promise<void> {
    if (!github.app || (await this.holds(github.host, github.app))) return;
    const pages = isHostedByGithub(github.host) ? 'apps' : 'github-apps';
    await this.store(github.host, { ...github.app, htmlUrl: `${github.webUrl}/${pages}/${github.app.slug}` });
  }

  private async holds(host: string, app: NonNullable<GithubSettings['app']>): Promise<boolean> {
    const row = await this.database.first(findGithubApp, host);
    if (row?.appId !== app.id || row.clientId !== app.clientId || row.slug !== app.slug) return false;
    const [key] = await this.read(host, 'app_private_key');
    const [clientSecret] = await this.read(host, 'client_secret');
    const hooks = await readHookSecrets(this.database, this.keyring, host);
    const pairs: [Secret | undefined, Secret | undefined][] = [
      [key, app.privateKey],
      [clientSecret, app.clientSecret],
      ...app.webhookSecrets.map((secret, n): [Secret | undefined, Secret] => [hooks[n], secret]),
    ];
    return hooks.length === app.webhookSecrets.length && pairs.every(([a, b]) => a && b && Secret.equals(a, b));
  }

  private async need(host: string): Promise<LoadedApp> {
    const app = await this.load(host);
    if (app) return app;
    throw new TokenRefused('app_missing', 'There is no GitHub App yet; an administrator makes it at /auth/setup/app.');
  }

  private async load(host: string): Promise<LoadedApp | null> {
    const known = this.loaded.get(host);
    if (known && known.until > this.clock.ms()) return known;
    const row = await this.database.first(findGithubApp, host);
    const [key] = await this.read(host, 'app_private_key');
    const [clientSecret] = await this.read(host, 'client_secret');
    if (!row || !key || !clientSecret) return null;
    const app: LoadedApp = {
      row,
      oauth: { clientId: row.clientId, clientSecret },
      privateKey: key,
      until: this.clock.ms() + keptMs,
    };
    this.loaded.set(host, app);
    return app;
  }

  private async read(host: string, kind: string): Promise<Secret[]> {
    const rows = await this.database.run(findCredentials, host, kind, 0);
    return rows.map((row) => guarded(this.keyring.open('app', secretPlace(host, kind), row.sealed)));
  }

  private async put(tx: Queryable, cls: KeyClass, kind: string, host: string, rank: number, secret: Secret) {
    const { keyId, sealed } = this.keyring.seal(cls, secretPlace(host, kind), secret.reveal());
    await tx.run(putCredential, cls, kind, host, 0, rank, keyId, sealed, null, null);
  }
}
