import { csrfTokenOf, PublicRoute, Actors } from '@crosstie/access';
import { CrosstieConfig, Problem } from '@crosstie/platform';
import { Body, Controller, Get, Inject, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { html } from '../pages/html.js';
import { csrfField, foreignForm, problemPage, sendPage } from '../pages/page.js';
import { stylesheet } from '../pages/style.js';
import { BrowserSessions, type BrowserSession } from '../sessions/browser-sessions.js';
import { returnPath } from '../sessions/return-to.js';
import { GithubSignIn } from './github-sign-in.js';
import { IdentityLinking } from './identity-linking.js';

type Fields = Readonly<Record<string, unknown>>;

/** Sign-in with a token, and what a signed-in person ends: forms and redirects, no script. */
@Controller('auth')
@PublicRoute('Pages by which a person shows who they are; each form checks its own token.')
export class SignInController {
  constructor(
    @Inject(BrowserSessions) private readonly sessions: BrowserSessions,
    @Inject(GithubSignIn) private readonly github: GithubSignIn,
    @Inject(IdentityLinking) private readonly linking: IdentityLinking,
    @Inject(Actors) private readonly actors: Actors,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
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

  /** Signs in with a personal access token: how a local account gets a browser session. */
  @Post('token')
  async token(@Req() request: FastifyRequest, @Body() body: Fields, @Res() reply: FastifyReply) {
    if (!this.sessions.ownOrigin(request)) return foreignForm(reply);
    const returnTo = returnPath(body['return_to'], this.config.url);
    try {
      const actor = await this.actors.byToken(typeof body['token'] === 'string' ? body['token'].trim() : '');
      const allowed = actor.scopes.includes('api');
      if (!allowed) return problemPage(reply, 403, 'This token cannot sign in', 'It needs the scope api.');
      await this.sessions.signIn(reply, await this.sessions.current(request), actor.userId, 'token');
      return await reply.redirect(returnTo, 302);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      await this.sessions.noteFailure('token');
      return problemPage(reply, 401, 'This token does not work', 'It is unknown, has ended, or was revoked.');
    }
  }

  @Post('sign-out')
  async signOut(@Req() request: FastifyRequest, @Body() body: Fields, @Res() reply: FastifyReply) {
    const session = await this.sessions.current(request);
    if (session && !this.sessions.formHolds(request, session, body['csrf_token'])) return foreignForm(reply);
    if (session) await this.sessions.end(reply, session);
    return reply.redirect('/auth/sign-in', 302);
  }

  /** Ends every session of the person but this one. */
  @Post('sign-out-others')
  async signOutOthers(@Req() request: FastifyRequest, @Body() body: Fields, @Res() reply: FastifyReply) {
    const session = await this.sessions.current(request);
    if (!session?.userId) return reply.redirect('/auth/sign-in', 302);
    if (!this.sessions.formHolds(request, session, body['csrf_token'])) return foreignForm(reply);
    await this.sessions.endOthers(session);
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
