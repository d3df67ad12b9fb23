import { PublicRoute } from '@crosstie/access';
import { findUser, isUsername, Database } from '@crosstie/domain';
import { CrosstieConfig, NotFound } from '@crosstie/platform';
import { TokenAuthority } from '@crosstie/token-vault/authority';
import { Body, Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { html, type Html } from '../pages/html.js';
import { BrowserSessions } from '../sessions/browser-sessions.js';
import { foreignForm, problemPage, sendPage } from '../pages/page.js';
import { SetupCode } from './setup-code.js';

type Fields = Readonly<Record<string, unknown>>;

/** The first run: who has the code from the log becomes the administrator. */
@Controller()
@PublicRoute('Open until there is an administrator; the code from the log is the proof.')
export class SetupController {
  constructor(
    @Inject(SetupCode) private readonly code: SetupCode,
    @Inject(BrowserSessions) private readonly sessions: BrowserSessions,
    @Inject(TokenAuthority) private readonly authority: TokenAuthority,
    @Inject(Database) private readonly database: Database,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
  ) {}

  /** What the console asks first; gone as soon as there is an administrator. */
  @Get('api/crosstie/v1/setup')
  async state(): Promise<{ completed: false; github_app: boolean; url: string }> {
    if (!(await this.code.open())) throw new NotFound('', 'setup_closed');
    const app = await this.authority.app.find(this.config.github.host);
    return { completed: false, github_app: app !== null, url: `${this.config.url}/auth/setup` };
  }

  @Get('auth/setup')
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    if (!(await this.code.open())) return closed(reply);
    const session = await this.sessions.current(request);
    const user = session?.userId ? await findUser(this.database, session.userId) : null;
    return sendPage(reply, { title: 'Set up Crosstie', body: setupForm(user?.username ?? 'admin', null) });
  }

  @Post('auth/setup')
  async redeem(@Req() request: FastifyRequest, @Body() body: Fields, @Res() reply: FastifyReply) {
    if (!(await this.code.open())) return closed(reply);
    if (!this.sessions.ownOrigin(request)) return foreignForm(reply);
    const username = text(body['username']) || 'admin';
    if (!isUsername(username))
      return this.again(reply, 400, username, 'Take letters, digits, _, . and - for the username.');
    const user = await this.code.redeem(text(body['code']), username);
    if (user === null) {
      return this.again(
        reply,
        403,
        username,
        'This is not the code. The newest one is in the server’s log; after ten tries there is another.',
      );
    }
    if (user === 'username_taken') return this.again(reply, 409, username, 'This username is taken.');
    await this.sessions.signIn(reply, await this.sessions.current(request), user.id, 'setup_code');
    const app = await this.authority.app.find(this.config.github.host);
    return reply.redirect(app ? '/' : '/auth/setup/app', 302);
  }

  private again(reply: FastifyReply, status: number, username: string, problem: string) {
    return sendPage(reply, { title: 'Set up Crosstie', status, body: setupForm(username, problem) });
  }
}

function closed(reply: FastifyReply) {
  return problemPage(reply, 404, 'Nothing to set up', 'This server has an administrator.');
}

function setupForm(username: string, problem: string | null): Html {
  return html`${problem ? html`<p class="problem">${problem}</p>` : null}
    <p>The server wrote a code into its log when it started. Whoever enters it becomes the administrator.</p>
    <form method="post" action="/auth/setup">
      <label for="code">Code from the log</label>
      <input type="text" id="code" name="code" autocomplete="off" spellcheck="false" required />
      <label for="username">Your username</label>
      <input type="text" id="username" name="username" value="${username}" autocomplete="username" required />
      <button>Become administrator</button>
    </form>`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}
