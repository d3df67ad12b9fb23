import { csrfTokenOf, PublicRoute, Actors } from '@crosstie/access';
import { Database, deleteOtherSessions, recordAudit, tokenHash } from '@crosstie/domain';
import { GithubError } from '@crosstie/github';
import { CrosstieConfig, Logger, Problem } from '@crosstie/platform';
import { TokenRefused } from '@crosstie/token-vault';
import { Body, Controller, Get, Inject, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { html } from '../pages/html.js';
import { csrfField, problemPage, sendPage } from '../pages/page.js';
import { stylesheet } from '../pages/style.js';
import { BrowserSessions, type BrowserSession } from '../sessions/browser-sessions.js';
import { returnPath } from '../sessions/return-to.js';
import { GithubSignIn } from './github-sign-in.js';
import type { SignInOutcome } from './github-strategy.js';
import { IdentityLinking } from './identity-linking.js';
import { PendingIdentities } from './pending-identity.js';

type Fields = Readonly<Record<string, unknown>>;

const signInFirst = `/auth/sign-in?return_to=${encodeURIComponent('/auth/github?purpose=link')}`;

/** Sign-in with GitHub or with a token, linking, and sign-out: forms and redirects, no script. */
@Controller('auth')
@PublicRoute('Pages by which a person shows who they are; each form checks its own token.')
export class SignInController {
  constructor(
    @Inject(BrowserSessions) private readonly sessions: BrowserSessions,
    @Inject(GithubSignIn) private readonly github: GithubSignIn,
    @Inject(IdentityLinking) private readonly linking: IdentityLinking,
    @Inject(PendingIdentities) private readonly pending: PendingIdentities,
    @Inject(Actors) private readonly actors: Actors,
    @Inject(Database) private readonly database: Database,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  @Get('style.css')
  style(@Res() reply: FastifyReply): FastifyReply {
    return reply.type('text/css; charset=utf-8').header('cache-control', 'public, max-age=300').send(stylesheet);
  }

  @Get('sign-in')
  async signIn(@Req() request: FastifyRequest, @Query() query: Fields, @Res() reply: FastifyReply) {
    const session = await this.sessions.current(request);
    const returnTo = returnPath(query['return_to'], this.config.url);
    if (session?.userId) return sendPage(reply, signedInPage(session, returnTo));
    const withGithub = await this.github.possible();
    // A browser holds a form to its origins also where the answer leads on, and linking leads on to GitHub.
    const formOrigin = new URL(this.config.github.webUrl).origin;
    return sendPage(reply, { title: 'Sign in', body: signInForm(withGithub, returnTo), formOrigin });
  }

  /** Starts the round to GitHub: to sign in, or to link GitHub to who is signed in. */
  @Get('github')
  async begin(@Req() request: FastifyRequest, @Query() query: Fields, @Res() reply: FastifyReply) {
    const purpose = query['purpose'] ?? 'login';
    if (purpose !== 'login' && purpose !== 'link') {
      return problemPage(reply, 400, 'This address is not complete', 'The purpose must be login or link.');
    }
    const session = await this.sessions.ensure(request, reply);
    if (purpose === 'link' && session.userId === null) return reply.redirect(signInFirst, 302);
    try {
      const returnTo = returnPath(query['return_to'], this.config.url);
      return await reply.redirect(await this.github.begin(session, { purpose, returnTo }), 302);
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      return problemPage(reply, 409, 'Sign-in with GitHub is not set up yet', error.message);
    }
  }

  @Get('github/callback')
  async back(@Req() request: FastifyRequest, @Query() query: Fields, @Res() reply: FastifyReply) {
    const session = await this.sessions.current(request);
    if (query['error'] !== undefined) return this.declined(session, query, reply);
    try {
      const outcome = await this.github.finish(session, query['code'], query['state']);
      if (outcome.to !== 'signed_in' || !session) return stateMismatch(reply);
      return await this.arrived(session, outcome, reply);
    } catch (error) {
      return this.failed(reply, error);
    }
  }

  /** Signs in with a personal access token: how a local account gets a browser session. */
  @Post('token')
  async token(@Req() request: FastifyRequest, @Body() body: Fields, @Res() reply: FastifyReply) {
    if (!this.sessions.ownOrigin(request)) return foreignForm(reply);
    const returnTo = returnPath(body['return_to'], this.config.url);
    try {
      const actor = await this.actors.byToken(typeof body['token'] === 'string' ? body['token'].trim() : '');
      const allowed = actor.scopes.includes('api');
      if (!allowed) return problemPage(reply, 403, 'This token cannot sign in', 'It needs the scope api.');
      await this.enter(await this.sessions.current(request), actor.userId, 'token', reply);
      return await reply.redirect(returnTo, 302);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      await this.note('auth.login.failed', null, { by: 'token' });
      return problemPage(reply, 401, 'This token does not work', 'It is unknown, has ended, or was revoked.');
    }
  }

  @Post('sign-out')
  async signOut(@Req() request: FastifyRequest, @Body() body: Fields, @Res() reply: FastifyReply) {
    const session = await this.sessions.current(request);
    if (session && !this.sessions.formHolds(request, session, body['csrf_token'])) return foreignForm(reply);
    if (session) {
      await this.sessions.end(reply, session);
      await this.note('auth.logout', session.userId);
    }
    return reply.redirect('/auth/sign-in', 302);
  }

  /** Ends every session of the person but this one. */
  @Post('sign-out-others')
  async signOutOthers(@Req() request: FastifyRequest, @Body() body: Fields, @Res() reply: FastifyReply) {
    const session = await this.sessions.current(request);
    if (!session?.userId) return reply.redirect('/auth/sign-in', 302);
    if (!this.sessions.formHolds(request, session, body['csrf_token'])) return foreignForm(reply);
    await this.database.run(deleteOtherSessions, session.userId, tokenHash(session.secret));
    await this.note('session.revoked', session.userId);
    return reply.redirect(returnPath(body['return_to'], this.config.url), 302);
  }

  @Post('unlink')
  async unlink(@Req() request: FastifyRequest, @Body() body: Fields, @Res() reply: FastifyReply) {
    const session = await this.sessions.current(request);
    if (!session?.userId) return reply.redirect('/auth/sign-in', 302);
    if (!this.sessions.formHolds(request, session, body['csrf_token'])) return foreignForm(reply);
    await this.linking.unlink(session.userId, this.config.github.host);
    return reply.redirect(returnPath(body['return_to'], this.config.url), 302);
  }

  private async arrived(
    session: BrowserSession,
    { person, tokens, state }: Extract<SignInOutcome, { to: 'signed_in' }>,
    reply: FastifyReply,
  ) {
    const pending = { ...state, host: this.config.github.host, person, tokens };
    const arrival = await this.linking.arrive(pending, session.userId);
    if (arrival === 'consent_needed') {
      await this.pending.keep(session, pending);
      return reply.redirect('/auth/terms', 302);
    }
    await this.enter(session, arrival.userId, 'github', reply);
    return reply.redirect(state.returnTo, 302);
  }

  private async enter(before: BrowserSession | null, userId: number, by: string, reply: FastifyReply): Promise<void> {
    await this.sessions.signIn(reply, before, userId);
    await this.note('auth.login', userId, { by });
  }

  private async declined(session: BrowserSession | null, query: Fields, reply: FastifyReply) {
    if (!(await this.github.decline(session, query['state']))) return stateMismatch(reply);
    const said = query['error'] === 'access_denied' ? 'You did not allow it on GitHub.' : 'GitHub refused the sign-in.';
    return problemPage(reply, 403, 'Not signed in', `${said} Nothing was stored.`);
  }

  private failed(reply: FastifyReply, error: unknown) {
    if (error instanceof Problem && error.status < 500) {
      const title = error.status === 409 ? 'Linked already' : 'Not signed in';
      return problemPage(reply, error.status, title, plain(error.message));
    }
    if (error instanceof TokenRefused) return problemPage(reply, 409, 'Not signed in', error.message);
    if (!(error instanceof GithubError)) throw error;
    this.logger.warn('a sign-in failed at GitHub', { err: error });
    if (error.canHelpToRetry) {
      return problemPage(reply, 503, 'GitHub does not answer', 'Try to sign in again in a minute.');
    }
    return problemPage(reply, 400, 'Not signed in', 'GitHub did not accept this sign-in. Begin again.');
  }

  private note(action: string, userId: number | null, details: Record<string, unknown> = {}): Promise<void> {
    return recordAudit(this.database, { actorId: userId, action, entityType: 'user', entityId: userId, details });
  }
}

export function foreignForm(reply: FastifyReply): FastifyReply {
  return problemPage(reply, 403, 'This form is out of date', 'Go back, load the page again and send it once more.');
}

function stateMismatch(reply: FastifyReply): FastifyReply {
  const sentence =
    'This answer of GitHub belongs to no sign-in that this browser began, or the sign-in took too long. Begin again.';
  return problemPage(reply, 400, 'Not signed in', sentence);
}

function plain(message: string): string {
  return message.replace(/^\d{3} \w+ - /, '');
}

function signInForm(withGithub: boolean, returnTo: string) {
  const github = html`<p>
      <a class="button" href="/auth/github?purpose=login&amp;return_to=${encodeURIComponent(returnTo)}"
        >Sign in with GitHub</a
      >
    </p>
    <hr />`;
  return html`${withGithub ? github : null}
    <form method="post" action="/auth/token">
      <input type="hidden" name="return_to" value="${returnTo}" />
      <label for="token">Personal access token</label>
      <input type="password" id="token" name="token" autocomplete="current-password" required />
      <button>Sign in with the token</button>
      <p class="soft">An operator makes one with <code>crosstie admin token create</code>.</p>
    </form>`;
}

function signedInPage(session: BrowserSession, returnTo: string) {
  const csrf = csrfField(csrfTokenOf(session.secret));
  return {
    title: 'You are signed in',
    body: html`<p><a class="button" href="${returnTo}">Go on</a></p>
      <form method="post" action="/auth/sign-out">${csrf}<button class="quiet">Sign out</button></form>`,
  };
}
