import { PublicRoute } from '@crosstie/access';
import { GithubError } from '@crosstie/github';
import { CrosstieConfig, Logger, Problem } from '@crosstie/platform';
import { TokenRefused } from '@crosstie/token-vault';
import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { problemPage } from '../pages/page.js';
import { BrowserSessions, type BrowserSession } from '../sessions/browser-sessions.js';
import { returnPath } from '../sessions/return-to.js';
import { GithubSignIn } from './github-sign-in.js';
import type { SignInOutcome } from './github-strategy.js';
import { IdentityLinking } from './identity-linking.js';
import { PendingIdentities } from './pending-identity.js';

type Fields = Readonly<Record<string, unknown>>;

const signInFirst = `/auth/sign-in?return_to=${encodeURIComponent('/auth/github?purpose=link')}`;

/** The round to GitHub and back, to sign in or to link. */
@Controller('auth/github')
@PublicRoute('Shows who somebody is; the state in the session is the proof that it began here.')
export class GithubRoundController {
  constructor(
    @Inject(BrowserSessions) private readonly sessions: BrowserSessions,
    @Inject(GithubSignIn) private readonly github: GithubSignIn,
    @Inject(IdentityLinking) private readonly linking: IdentityLinking,
    @Inject(PendingIdentities) private readonly pending: PendingIdentities,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  /** Starts the round to GitHub: to sign in, or to link GitHub to who is signed in. */
  @Get()
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

  @Get('callback')
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

  private async arrived(
    session: BrowserSession,
    { person, tokens, state }: Extract<SignInOutcome, { to: 'signed_in' }>,
    reply: FastifyReply,
  ) {
    const { purpose, returnTo } = state;
    const pending = { purpose, returnTo, host: this.config.github.host, person, tokens };
    const arrival = await this.linking.arrive(pending, session.userId);
    if (arrival === 'consent_needed') {
      await this.pending.keep(session, pending);
      return reply.redirect('/auth/terms', 302);
    }
    await this.sessions.signIn(reply, session, arrival.userId, 'github');
    return reply.redirect(state.returnTo, 302);
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
}

function stateMismatch(reply: FastifyReply): FastifyReply {
  const sentence =
    'This answer of GitHub belongs to no sign-in that this browser began, or the sign-in took too long. Begin again.';
  return problemPage(reply, 400, 'Not signed in', sentence);
}

function plain(message: string): string {
  return message.replace(/^\d{3} \w+ - /, '');
}
