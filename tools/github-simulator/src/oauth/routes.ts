import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Account, App, OauthApp } from '../state/model.js';
import type { World } from '../world.js';
import { signedInPerson, signIn } from './browser-session.js';
import { exchange, issueCode } from './exchange.js';
import { grantedScopes } from './scopes.js';
import { consentPage, plainPage, signInPage } from '../pages/html-pages.js';

/** What a form, a query or a JSON body says, in one shape. */
export function fieldsOf(request: FastifyRequest): URLSearchParams {
  const fields = new URLSearchParams(request.url.split('?')[1] ?? '');
  const body: unknown = request.body;
  if (typeof body === 'object' && body !== null) {
    for (const [name, value] of Object.entries(body))
      if (value !== null && value !== undefined) fields.set(name, String(value));
  }
  return fields;
}

export function html(reply: FastifyReply, status: number, page: string): FastifyReply {
  return reply.code(status).type('text/html; charset=utf-8').send(page);
}

/** Signing in, agreeing to an App, and trading codes and refresh tokens. */
export function oauthRoutes(server: FastifyInstance, world: World): void {
  server.get('/login', (request, reply) => {
    const people = [...world.store.accounts.values()].filter((each) => each.type === 'User');
    return html(reply, 200, signInPage(people, fieldsOf(request).get('return_to') ?? '/'));
  });

  server.post('/login', (request, reply) => {
    const fields = fieldsOf(request);
    const person = world.store.accountByLogin(fields.get('login') ?? '');
    if (person?.type !== 'User') return html(reply, 404, plainPage('Not found', 'There is no such person here.'));
    signIn(world, reply, person);
    return reply.redirect(localPath(fields.get('return_to')), 302);
  });

  server.get('/login/oauth/authorize', (request, reply) => authorize(world, request, reply));
  server.post('/login/oauth/authorize', (request, reply) => authorize(world, request, reply));

  server.post('/login/oauth/access_token', (request, reply) => {
    const fields = withBasic(fieldsOf(request), request.headers.authorization);
    const app = world.store.clientById(fields.get('client_id') ?? '');
    if (app && !world.limits.take(`oauth:${app.id}`)) {
      return reply.code(429).send({ message: 'You have exceeded the OAuth token request limit.' });
    }
    const answer = exchange(world, fields);
    if (/json/.test(request.headers.accept ?? '')) return reply.send(answer);
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(answer)) form.set(name, String(value));
    return reply.type('application/x-www-form-urlencoded; charset=utf-8').send(form.toString());
  });
}

function localPath(path: string | null): string {
  return path !== null && /^\/(?![/\\])/.test(path) ? path : '/';
}

/** OAuth lets a client name itself in the header as well as in the form; libraries try the header first. */
function withBasic(fields: URLSearchParams, authorization: string | undefined): URLSearchParams {
  const encoded = /^basic (\S+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined || fields.has('client_secret')) return fields;
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':').map(decodeURIComponent);
  fields.set('client_id', id);
  fields.set('client_secret', secret);
  return fields;
}

interface AuthorizeRequest {
  app: App | OauthApp;
  scopes: string[];
  redirectUri: string;
  state: string | null;
  challenge: string | null;
}

function authorize(world: World, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const fields = fieldsOf(request);
  const app = world.store.clientById(fields.get('client_id') ?? '');
  if (!app) return html(reply, 404, plainPage('Not found', 'There is no App with this client id.'));
  const checked = checkAuthorize(app, fields);
  if ('error' in checked) return reply.redirect(withQuery(checked.redirectUri, checked.error), 302);
  const person = signedInPerson(world, request, fields.get('login_as'));
  if (!person) {
    const back = `/login/oauth/authorize?${fields.toString()}`;
    return reply.redirect(`/login?return_to=${encodeURIComponent(back)}`, 302);
  }
  const agreed =
    request.method === 'POST' || world.switches.autoApprove || world.store.authorizations.has(`${app.id}/${person.id}`);
  if (!agreed) return html(reply, 200, consentPage(app, person, Object.fromEntries(fields)));
  return reply.redirect(backToApp(world, checked, person), 302);
}

function checkAuthorize(
  app: App | OauthApp,
  fields: URLSearchParams,
): AuthorizeRequest | { redirectUri: string; error: Record<string, string> } {
  const first = 'slug' in app ? (app.callbackUrls[0] ?? '') : app.callbackUrl;
  const redirectUri = fields.get('redirect_uri') ?? first;
  const state = fields.get('state');
  const echoed: Record<string, string> = state === null ? {} : { state };
  const isIts = 'slug' in app ? app.callbackUrls.includes(redirectUri) : liesBelow(redirectUri, app.callbackUrl);
  if (!isIts) {
    const text = 'The redirect_uri is not associated with this application.';
    return { redirectUri: first, error: { error: 'redirect_uri_mismatch', error_description: text, ...echoed } };
  }
  const challenge = fields.get('code_challenge');
  if (challenge !== null && fields.get('code_challenge_method') !== 'S256') {
    const text = 'Only the S256 code challenge method is supported.';
    return { redirectUri, error: { error: 'invalid_request', error_description: text, ...echoed } };
  }
  return { app, redirectUri, state, challenge, scopes: 'slug' in app ? [] : grantedScopes(fields.get('scope') ?? '') };
}

/** An OAuth app may ask to come back to its callback address or below it, on the same host and port. */
function liesBelow(redirectUri: string, callbackUrl: string): boolean {
  if (!URL.canParse(redirectUri)) return false;
  const [asked, own] = [new URL(redirectUri), new URL(callbackUrl)];
  const path = own.pathname.replace(/\/$/, '');
  return asked.origin === own.origin && (asked.pathname === own.pathname || asked.pathname.startsWith(`${path}/`));
}

function backToApp(world: World, request: AuthorizeRequest, person: Account): string {
  const code = issueCode(world, request.app, person.id, request);
  return withQuery(request.redirectUri, { code, ...(request.state === null ? {} : { state: request.state }) });
}

function withQuery(url: string, values: Record<string, string>): string {
  const target = new URL(url);
  for (const [name, value] of Object.entries(values)) target.searchParams.set(name, value);
  return target.toString();
}
