import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { signedInPerson } from '../oauth/browser-session.js';
import { installPage, manifestPage, plainPage } from './html-pages.js';
import { fieldsOf, html } from '../oauth/routes.js';
import type { Account, App } from '../state/model.js';
import { randomHex } from '../state/secrets.js';
import type { World } from '../world.js';
import { install } from '../apps/installing.js';
import { pingHook, readManifest, registerApp } from '../apps/register.js';

const codeLifetimeMs = 3_600_000;

/** The browser's side of making an App from a manifest and of installing one. */
export function appPages(server: FastifyInstance, world: World): void {
  server.post('/settings/apps/new', (request, reply) => createFromManifest(world, request, reply, undefined));
  server.post<{ Params: { org: string } }>('/organizations/:org/settings/apps/new', (request, reply) =>
    createFromManifest(world, request, reply, request.params.org),
  );
  for (const prefix of ['/apps', '/github-apps']) {
    server.get<{ Params: { slug: string } }>(`${prefix}/:slug/installations/new`, (request, reply) =>
      offerInstallation(world, request, reply),
    );
    server.post<{ Params: { slug: string } }>(`${prefix}/:slug/installations/new`, (request, reply) =>
      installFromPage(world, request, reply),
    );
  }
}

async function createFromManifest(
  world: World,
  request: FastifyRequest,
  reply: FastifyReply,
  organization: string | undefined,
): Promise<FastifyReply> {
  const fields = fieldsOf(request);
  const person = signedInPerson(world, request, fields.get('login_as'));
  const text = fields.get('manifest') ?? '';
  if (!person && !world.switches.autoApprove)
    return html(reply, 401, plainPage('Sign in first', 'Open /login and come back.'));
  const owner = organization === undefined ? person : world.store.accountByLogin(organization);
  const creator = owner ?? [...world.store.accounts.values()].find((each) => each.type === 'User');
  if (!creator) return html(reply, 404, plainPage('Not found', 'There is nobody here who could own the App.'));
  try {
    const { redirectUrl, ...registration } = readManifest(text);
    if (!world.switches.autoApprove && fields.get('confirmed') === null) {
      return html(reply, 200, manifestPage(registration.name, request.url, { manifest: text, confirmed: 'yes' }));
    }
    const app = await registerApp(world, creator, registration);
    const code = randomHex(20);
    world.store.manifestCodes.set(code, {
      value: code,
      appId: app.id,
      expiresAt: world.clock.now() + codeLifetimeMs,
      used: false,
    });
    pingHook(world, app);
    if (redirectUrl === undefined) return html(reply, 201, plainPage(`Created ${app.name}`, `The code is ${code}.`));
    const target = new URL(redirectUrl);
    target.searchParams.set('code', code);
    const state = fields.get('state');
    if (state !== null) target.searchParams.set('state', state);
    return reply.redirect(target.toString(), 302);
  } catch (error) {
    return html(reply, 422, plainPage('Invalid GitHub App manifest', error instanceof Error ? error.message : ''));
  }
}

function appAndPerson(
  world: World,
  request: FastifyRequest<{ Params: { slug: string } }>,
): { app: App; person: Account } | string {
  const app = world.store.appBySlug(request.params.slug);
  if (!app) return 'There is no such App.';
  const person = signedInPerson(world, request, fieldsOf(request).get('login_as'));
  return person ? { app, person } : 'Sign in first: open /login and come back.';
}

function administered(world: World, person: Account): Account[] {
  return [...world.store.accounts.values()].filter(
    (each) => each.id === person.id || each.members.get(person.id) === 'admin',
  );
}

function offerInstallation(
  world: World,
  request: FastifyRequest<{ Params: { slug: string } }>,
  reply: FastifyReply,
): FastifyReply {
  const found = appAndPerson(world, request);
  if (typeof found === 'string') {
    if (!world.store.appBySlug(request.params.slug)) return html(reply, 404, plainPage('Not found', found));
    return reply.redirect(`/login?return_to=${encodeURIComponent(request.url)}`, 302);
  }
  const state = fieldsOf(request).get('state') ?? '';
  return html(reply, 200, installPage(found.app, administered(world, found.person), state));
}

function installFromPage(
  world: World,
  request: FastifyRequest<{ Params: { slug: string } }>,
  reply: FastifyReply,
): FastifyReply {
  const found = appAndPerson(world, request);
  if (typeof found === 'string') return html(reply, 404, plainPage('Not found', found));
  const fields = fieldsOf(request);
  const target = administered(world, found.person).find((each) => String(each.id) === fields.get('target_id'));
  if (!target) return html(reply, 403, plainPage('Not yours', 'You cannot install Apps there.'));
  const ids = (fields.get('repository_ids') ?? '').split(',').filter((id) => id !== '');
  const chosen = ids.map((id) => world.store.repositories.get(Number(id))).filter((each) => each !== undefined);
  const existing = world.store.installationFor(found.app.id, target.id);
  const installation = existing ?? install(world, found.app, target, ids.length > 0 ? chosen : null, found.person);
  return leaveInstallation(found.app, installation.id, fields.get('state'), reply);
}

/** With "OAuth on install" GitHub begins the sign-in by itself: first callback, and no state. */
function leaveInstallation(app: App, id: number, state: string | null, reply: FastifyReply): FastifyReply {
  if (app.requestOauthOnInstall) return reply.redirect(`/login/oauth/authorize?client_id=${app.clientId}`, 302);
  if (app.setupUrl === null) return html(reply, 200, plainPage('Installed', `${app.name} is installed.`));
  const url = new URL(app.setupUrl);
  url.searchParams.set('installation_id', String(id));
  url.searchParams.set('setup_action', 'install');
  if (state) url.searchParams.set('state', state);
  return reply.redirect(url.toString(), 302);
}
