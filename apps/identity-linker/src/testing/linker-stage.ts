import { createAccessToken, createUser } from '@crosstie/domain';
import { attachBus, ContextModule } from '@crosstie/messaging';
import { createLogger, startService } from '@crosstie/platform';
import { keyringOf, TokenClient, TokenClientModule } from '@crosstie/token-vault';
import { TokenAuthority } from '@crosstie/token-vault/authority';
import { startGitHubSimulator } from '@crosstie/github-simulator';
import { Api, freePort, testContext, Visitor } from '@crosstie/testkit';
import { GithubHost } from '@crosstie/github';
import type { Switches } from '@crosstie/github-simulator';

import { TokenSweep } from '../authority/token-sweep.js';
import { IdentityLinkerModule } from '../identity-linker.module.js';

export type LinkerStage = Awaited<ReturnType<typeof startLinkerStage>>;

export interface LinkerStageOptions {
  /** False: the server starts without an App, as on its first run. */
  app?: boolean;
  switches?: Partial<Switches>;
}

/** identity-linker with its forms and API, a simulated GitHub, and a database of its own. */
export async function startLinkerStage({ app = true, switches = {} }: LinkerStageOptions = {}) {
  const simulator = await startGitHubSimulator({ switches: { autoApprove: true, ...switches } });
  const { control } = simulator;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await control.createUser({ login: 'owner' });
  const made = app
    ? await control.createApp({
        owner: 'owner',
        name: 'Crosstie test',
        hookUrl: `${url}/webhooks/github`,
        hookActive: false,
        callbackUrls: [`${url}/auth/github/callback`],
        permissions: { contents: 'read', statuses: 'write' },
        events: ['push'],
      })
    : null;
  const lines: string[] = [];
  const logger = await createLogger({ log: { level: 'debug', format: 'json' } }, 'linker', {
    write: (line: string) => void lines.push(line),
  });
  const github = {
    webUrl: simulator.url,
    apiUrl: simulator.apiUrl,
    host: new URL(simulator.url).host,
    webhookSecrets: [],
    app: null,
  };
  const context = await testContext({ config: { url, port, github }, logger });
  const authority = authorityOf(context);
  if (made) {
    const { Secret } = await import('@crosstie/platform');
    await authority.app.store(github.host, {
      id: made.id,
      slug: made.slug,
      clientId: made.clientId,
      htmlUrl: `${simulator.url}/apps/${made.slug}`,
      clientSecret: new Secret(made.clientSecret),
      privateKey: new Secret(made.privateKey),
      webhookSecrets: [new Secret(made.webhookSecret ?? 'none')],
    });
  }
  const client = TokenClientModule.of(context);
  const module = {
    module: class LinkerStageModule {},
    imports: [ContextModule.of(context), IdentityLinkerModule.register(context), client],
  };
  const service = await startService({
    name: 'identity-linker',
    module,
    config: context.config,
    logger,
    ownsProcess: false,
    prepare: (nest) => attachBus(nest, context, ['identity-linker']),
  });

  const row = async <T>(sql: string, ...parameters: unknown[]): Promise<T> => {
    const result = await context.database.pool.query(sql, parameters);
    return result.rows[0] as T;
  };

  const stage = {
    url,
    simulator,
    control,
    context,
    clock: context.clock,
    authority,
    tokens: service.app.get(TokenClient, { strict: false }),
    sweep: service.app.get(TokenSweep, { strict: false }),
    nest: service.app,
    lines,
    row,
    appSlug: made?.slug ?? '',
    rows: async <T>(sql: string, ...parameters: unknown[]): Promise<T[]> =>
      (await context.database.pool.query(sql, parameters)).rows as T[],
    audit: async (): Promise<string[]> =>
      (await context.database.pool.query<{ action: string }>('SELECT action FROM audit_event ORDER BY id')).rows.map(
        (event) => event.action,
      ),
    /** Moves our clock and GitHub's alike. */
    async advance(ms: number): Promise<void> {
      context.clock.advance(ms);
      await control.advanceClock(ms);
    },
    /** A person with a token, made as an operator does. */
    async local(username: string, isAdmin = false): Promise<{ id: number; api: Api; token: string }> {
      const user = await createUser(context.database, { username, name: username, isAdmin });
      if (!user) throw new Error(`${username} is there already`);
      const expiresAt = new Date(context.clock.ms() + 86_400_000);
      const wish = { userId: user.id, name: 'test', scopes: ['api'], expiresAt };
      const { token } = await createAccessToken(context.database, wish);
      return { id: user.id, api: new Api(url, token), token };
    },
    /** A person whose browser is signed in with a token. */
    async localBrowser(username: string, isAdmin = false): Promise<{ id: number; api: Api; visitor: Visitor }> {
      const person = await stage.local(username, isAdmin);
      const visitor = new Visitor();
      const page = await visitor.post(`${url}/auth/token`, { token: person.token, return_to: '/auth/sign-in' });
      if (page.status !== 200) throw new Error(page.text);
      return { ...person, visitor };
    },
    /** Opens the round to GitHub in a browser and comes back to the page that follows. */
    async throughGithub(visitor: Visitor, login: string, purpose: 'login' | 'link' = 'login') {
      return visitor.open(await stage.answerOfGithub(visitor, login, purpose));
    },
    /** The address that GitHub sends this browser back to. */
    async answerOfGithub(visitor: Visitor, login: string, purpose: 'login' | 'link' = 'login'): Promise<string> {
      return control.approve(await stage.authorizeAddress(visitor, purpose), login);
    },
    /** Where the browser is sent to, without going there. */
    async authorizeAddress(visitor: Visitor, purpose: 'login' | 'link'): Promise<string> {
      const headers = { cookie: visitor.cookieHeader(url), accept: 'text/html' };
      const answer = await fetch(`${url}/auth/github?purpose=${purpose}`, { headers, redirect: 'manual' });
      for (const line of answer.headers.getSetCookie()) {
        const [pair = ''] = line.split(';');
        const cut = pair.indexOf('=');
        visitor.setCookie(url, pair.slice(0, cut), pair.slice(cut + 1));
      }
      const location = answer.headers.get('location');
      if (answer.status !== 302 || !location) throw new Error(`${answer.status} ${await answer.text()}`);
      return location;
    },
    /** A GitHub user who signed in, agreed, and is linked. */
    async linked(login: string): Promise<{ visitor: Visitor; userId: number; githubId: number; identityId: number }> {
      const { id: githubId } = await control.createUser({ login });
      const visitor = new Visitor();
      const terms = await stage.throughGithub(visitor, login);
      await visitor.submit(terms, '/auth/terms');
      const sql = 'SELECT id, user_id FROM identity WHERE github_user_id = $1';
      const found = await row<{ id: number; user_id: number }>(sql, githubId);
      return { visitor, githubId, userId: found.user_id, identityId: found.id };
    },
    /** A repository with the App on it, known as a project. */
    async project(
      name: string,
      collaborators: Record<string, 'read' | 'triage' | 'write' | 'maintain' | 'admin'> = {},
    ) {
      const repository = await control.createRepository({
        owner: 'owner',
        name,
        private: true,
        files: { 'a.txt': 'a' },
      });
      for (const [login, role] of Object.entries(collaborators))
        await control.addCollaborator(repository.fullName, login, role);
      const [known] = await control.installations();
      if (known) await control.addRepositories(known.id, [name]);
      const installation =
        known ?? (await control.install({ app: stage.appSlug, account: 'owner', repositories: [name] }));
      const account = await ownerId(simulator.apiUrl);
      const { id: installationId } = await row<{ id: number }>(
        `INSERT INTO installation (host, github_installation_id, account_id, account_login, account_type)
         VALUES ($1, $2, $3, 'owner', 'User')
         ON CONFLICT (host, github_installation_id) DO UPDATE SET account_login = 'owner' RETURNING id`,
        github.host,
        installation.id,
        account,
      );
      const { id } = await row<{ id: number }>(
        `INSERT INTO project (host, github_repository_id, installation_id, full_name) VALUES ($1, $2, $3, $4) RETURNING id`,
        github.host,
        repository.id,
        installationId,
        repository.fullName,
      );
      return {
        id,
        repositoryId: repository.id,
        fullName: repository.fullName,
        githubInstallationId: installation.id,
      };
    },
    /** A pipeline as the orchestrator would have stored it. */
    async pipeline(projectId: number, status = 'running'): Promise<number> {
      const { id } = await row<{ id: number }>(
        `INSERT INTO pipeline (iid, project_id, sha, before_sha, ref, status)
         SELECT coalesce(max(iid), 0) + 1, $1, repeat('a', 40), repeat('0', 40), 'main', $2 FROM pipeline WHERE project_id = $1
         RETURNING id`,
        projectId,
        status,
      );
      return id;
    },
    /** Another authority on the same database, as another replica has one. */
    anotherAuthority: (): TokenAuthority => authorityOf(context),
    async stop(): Promise<void> {
      await service.stop();
      await context.stop();
      await simulator.close();
    },
  };
  return stage;
}

function authorityOf(context: Awaited<ReturnType<typeof testContext>>): TokenAuthority {
  const { database, clock, logger, outbox, config } = context;
  return new TokenAuthority({
    database,
    clock,
    logger,
    keyring: keyringOf(context),
    github: new GithubHost(config.github, clock),
    publish: outbox.publish.bind(outbox),
  });
}

async function ownerId(apiUrl: string): Promise<number> {
  const answer = (await (await fetch(`${apiUrl}/users/owner`)).json()) as { id: number };
  return answer.id;
}
