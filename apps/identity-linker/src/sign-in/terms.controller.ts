import { csrfTokenOf, PublicRoute } from '@crosstie/access';
import {
  acceptedTermsAt,
  acceptTerms,
  currentTerms,
  Database,
  findUser,
  personChanged,
  recordAudit,
  type Terms,
} from '@crosstie/domain';
import { Outbox } from '@crosstie/messaging';
import { CrosstieConfig, Problem } from '@crosstie/platform';
import { Body, Controller, Get, Inject, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { html, type Html } from '../pages/html.js';
import { csrfField, foreignForm, problemPage, sendPage } from '../pages/page.js';
import { BrowserSessions, type BrowserSession } from '../sessions/browser-sessions.js';
import { returnPath } from '../sessions/return-to.js';
import { IdentityLinking } from './identity-linking.js';
import { PendingIdentities, type PendingIdentity } from './pending-identity.js';

type Fields = Readonly<Record<string, unknown>>;

/** The terms in force: for who came from GitHub and has not agreed yet, and for who is signed in. */
@Controller('auth/terms')
@PublicRoute('A page for who is about to be linked; its form checks its own token.')
export class TermsController {
  constructor(
    @Inject(BrowserSessions) private readonly sessions: BrowserSessions,
    @Inject(PendingIdentities) private readonly pending: PendingIdentities,
    @Inject(IdentityLinking) private readonly linking: IdentityLinking,
    @Inject(Database) private readonly database: Database,
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
  ) {}

  @Get()
  async show(@Req() request: FastifyRequest, @Query() query: Fields, @Res() reply: FastifyReply) {
    const session = await this.sessions.current(request);
    const terms = await currentTerms(this.database);
    if (!session) return sendPage(reply, { title: 'Terms', body: termsText(terms) });
    const returnTo = returnPath(query['return_to'], this.config.url);
    return sendPage(reply, { title: 'Terms', body: await this.body(session, terms, returnTo) });
  }

  @Post()
  async answer(@Req() request: FastifyRequest, @Body() body: Fields, @Res() reply: FastifyReply) {
    const session = await this.sessions.current(request);
    if (!session) return reply.redirect('/auth/sign-in', 302);
    if (!this.sessions.formHolds(request, session, body['csrf_token'])) return foreignForm(reply);
    const accepts = body['accept'] === 'yes' || body['accept'] === 'true' || body['accept'] === 'on';
    const terms = await currentTerms(this.database);
    if (accepts && Number(body['version']) !== terms.version) {
      return problemPage(reply, 409, 'The terms have changed', 'Read the version in force and answer again.');
    }
    const pending = await this.pending.take(session);
    if (pending) return this.answerPending(session, pending, accepts ? terms : null, reply);
    if (session.userId === null) return reply.redirect('/auth/sign-in', 302);
    if (accepts) await this.acceptSignedIn(session.userId, terms);
    return reply.redirect(returnPath(body['return_to'], this.config.url), 302);
  }

  private async answerPending(
    session: BrowserSession,
    pending: PendingIdentity,
    accepted: Terms | null,
    reply: FastifyReply,
  ) {
    if (!accepted) {
      await this.linking.decline(pending);
      return problemPage(
        reply,
        200,
        'Nothing was linked',
        'You did not agree, so nothing of your GitHub account was kept.',
      );
    }
    try {
      const { userId } = await this.linking.consent(pending, session.userId, accepted.version);
      const entered = await this.sessions.signIn(reply, session, userId, 'github');
      if (pending.purpose === 'link') await this.sessions.endOthers(entered);
      return await reply.redirect(pending.returnTo, 302);
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= 500) throw error;
      return problemPage(reply, error.status, 'Not linked', error.message);
    }
  }

  private async acceptSignedIn(userId: number, { version }: Terms): Promise<void> {
    const event = await this.database.transaction(async (tx) => {
      await acceptTerms(tx, userId, version);
      const details = { version };
      await recordAudit(tx, {
        actorId: userId,
        action: 'terms.accepted',
        entityType: 'user',
        entityId: userId,
        details,
      });
      return personChanged(tx, userId);
    });
    this.outbox.publish([event]);
  }

  private async body(session: BrowserSession, terms: Terms, returnTo: string): Promise<Html> {
    const pending = this.pending.read(session);
    const user = session.userId === null ? null : await findUser(this.database, session.userId);
    if (!pending && user) {
      const at = await acceptedTermsAt(this.database, user.id, terms.version);
      if (at)
        return html`<p>You agreed to version ${terms.version} on ${at.toISOString().slice(0, 10)}.</p>
          ${termsText(terms)}`;
    }
    if (!pending && !user) return termsText(terms);
    return html`${pending ? who(pending, user?.username ?? null) : null} ${termsText(terms)}
    ${answerForm(session, terms, returnTo, 'yes')}${answerForm(session, terms, returnTo, 'no')}`;
  }
}

/** Both accounts by name: a person must see what they are about to join. */
function who({ person, purpose, host }: PendingIdentity, username: string | null): Html {
  if (purpose === 'link' && username !== null) {
    return html`<p>
      The GitHub account <b>${person.login}</b> (${host}, number ${person.id}) will be linked to the Crosstie account
      <b>${username}</b>. Pushes of ${person.login} then run with the rights of ${username}.
    </p>`;
  }
  return html`<p>
    You come from GitHub as <b>${person.login}</b> (${host}, number ${person.id}). Nothing of it is stored before you
    agree.
  </p>`;
}

function termsText({ version, body }: Terms): Html {
  return html`<div class="terms" tabindex="0">${body}</div>
    <p class="soft">Version ${version}</p>`;
}

function answerForm(session: BrowserSession, { version }: Terms, returnTo: string, accept: 'yes' | 'no'): Html {
  return html`<form class="beside" method="post" action="/auth/terms${accept === 'no' ? '?decline' : ''}">
    ${csrfField(csrfTokenOf(session.secret))}
    <input type="hidden" name="version" value="${version}" />
    <input type="hidden" name="accept" value="${accept}" />
    <input type="hidden" name="return_to" value="${returnTo}" />
    <button class="${accept === 'yes' ? 'deed' : 'quiet'}">${accept === 'yes' ? 'I agree' : 'I do not agree'}</button>
  </form>`;
}
