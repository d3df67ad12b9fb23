import { PublicRoute } from '@crosstie/access';
import { Database, findUser, randomToken, recordAudit } from '@crosstie/domain';
import { convertManifest, GithubError, GithubHost } from '@crosstie/github';
import { Clock, CrosstieConfig, Logger, Secret } from '@crosstie/platform';
import { TokenAuthority } from '@crosstie/token-vault/authority';
import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { html, type Html } from '../pages/html.js';
import { problemPage, sendPage } from '../pages/page.js';
import { BrowserSessions, type BrowserSession } from '../sessions/browser-sessions.js';
import { appManifest, suggestedAppName } from './app-manifest.js';

type Fields = Readonly<Record<string, unknown>>;

const stateKey = 'manifest';
/** GitHub lets a manifest's code be used for an hour. */
const stateLifeMs = 3_600_000;

/** Makes the GitHub App from a manifest: one click at GitHub, the secrets go straight into the vault. */
@Controller('auth/setup/app')
@PublicRoute('Pages for an administrator’s session, checked by the handlers.')
export class AppController {
  constructor(
    @Inject(BrowserSessions) private readonly sessions: BrowserSessions,
    @Inject(TokenAuthority) private readonly authority: TokenAuthority,
    @Inject(GithubHost) private readonly github: GithubHost,
    @Inject(Database) private readonly database: Database,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  @Get()
  async show(@Req() request: FastifyRequest, @Query() query: Fields, @Res() reply: FastifyReply) {
    const session = await this.administrator(request);
    if (!session) return reply.redirect('/auth/sign-in?return_to=/auth/setup/app', 302);
    const known = await this.authority.app.find(this.config.github.host);
    if (known && query['again'] === undefined) {
      return sendPage(reply, { title: 'The GitHub App', body: installLink(known.slug, known.htmlUrl) });
    }
    const state = randomToken('');
    await this.sessions.remember(session, stateKey, { state, at: this.clock.ms() });
    const { webUrl } = this.config.github;
    const organization = typeof query['organization'] === 'string' ? query['organization'].trim() : '';
    const path = organization ? `/organizations/${encodeURIComponent(organization)}` : '';
    const action = `${webUrl}${path}/settings/apps/new?state=${state}`;
    const name = typeof query['name'] === 'string' && query['name'] ? query['name'] : suggestedAppName(this.config.url);
    const isPublic = query['public'] === 'yes';
    const manifest = JSON.stringify(appManifest(this.config.url, { name, public: isPublic }));
    const body = manifestForms({ action, manifest, name, organization, isPublic });
    return sendPage(reply, { title: 'Create the GitHub App', body, formOrigin: new URL(webUrl).origin });
  }

  @Get('callback')
  async back(@Req() request: FastifyRequest, @Query() query: Fields, @Res() reply: FastifyReply) {
    const session = await this.administrator(request);
    if (!session || !(await this.stateHolds(session, query['state'])) || typeof query['code'] !== 'string') {
      return this.refused(session, reply);
    }
    try {
      const made = await convertManifest(this.github, query['code']);
      const { webhookSecret, ...app } = made;
      await this.authority.app.store(this.config.github.host, {
        ...app,
        webhookSecrets: webhookSecret ? [webhookSecret] : [],
      });
      await this.note(session, 'app.created', { appId: made.id, slug: made.slug });
      return await sendPage(reply, { title: 'The GitHub App is there', body: installLink(made.slug, made.htmlUrl) });
    } catch (error) {
      if (!(error instanceof GithubError)) throw error;
      this.logger.warn('a manifest could not be converted', { err: error });
      return problemPage(reply, 502, 'The App was not taken over', 'GitHub did not hand it over. Create it once more.');
    }
  }

  private async administrator(request: FastifyRequest): Promise<BrowserSession | null> {
    const session = await this.sessions.current(request);
    const user = session?.userId ? await findUser(this.database, session.userId) : null;
    return user?.isAdmin && user.state === 'active' ? session : null;
  }

  private async stateHolds(session: BrowserSession, state: unknown): Promise<boolean> {
    const kept = (await this.sessions.take(session, stateKey)) as { state: string; at: number } | null;
    if (!kept || typeof state !== 'string' || this.clock.ms() - kept.at > stateLifeMs) return false;
    return Secret.equals(new Secret(kept.state), new Secret(state));
  }

  private async refused(session: BrowserSession | null, reply: FastifyReply) {
    await this.note(session, 'auth.state_mismatch', { purpose: 'setup' });
    const sentence = 'This answer of GitHub belongs to no set-up that an administrator began in this browser.';
    return problemPage(reply, 400, 'Not set up', sentence);
  }

  private note(session: BrowserSession | null, action: string, details: Record<string, unknown>): Promise<void> {
    const actorId = session?.userId ?? null;
    return recordAudit(this.database, { actorId, action, entityType: 'github_app', entityId: null, details });
  }
}

interface ManifestForm {
  action: string;
  manifest: string;
  name: string;
  organization: string;
  isPublic: boolean;
}

function manifestForms({ action, manifest, name, organization, isPublic }: ManifestForm): Html {
  const owner = organization ? html`the organisation <b>${organization}</b>` : html`your own GitHub account`;
  return html`<p>
      GitHub makes the App <b>${name}</b> for ${owner} and hands it over. It may read contents and post commit statuses,
      nothing else.
    </p>
    <form method="post" action="${action}">
      <input type="hidden" name="manifest" value="${manifest}" />
      <button>Create it on GitHub</button>
    </form>
    <hr />
    <form method="get" action="/auth/setup/app">
      <input type="hidden" name="again" value="yes" />
      <label for="organization">For an organisation instead</label>
      <input type="text" id="organization" name="organization" value="${organization}" autocomplete="off" />
      <label for="name">Under another name</label>
      <input type="text" id="name" name="name" value="${name}" maxlength="34" autocomplete="off" />
      <label
        ><input type="checkbox" name="public" value="yes" ${isPublic ? html` checked` : null} /> Other accounts may
        install it too</label
      >
      <button class="quiet">Change</button>
    </form>`;
}

function installLink(slug: string, htmlUrl: string): Html {
  return html`<p>
      <b>${slug}</b> is this server’s GitHub App. Install it where your repositories are, then sign in with GitHub.
    </p>
    <p>
      <a class="button" href="${htmlUrl}/installations/new">Install it</a>
      <a class="button" href="/auth/github?purpose=link">Link your GitHub account</a>
    </p>`;
}
