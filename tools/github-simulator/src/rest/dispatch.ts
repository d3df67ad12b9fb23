import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GitHubError, notFound } from '../http/github-error.js';
import type { Repository } from '../state/model.js';
import type { World } from '../world.js';
import type { Contract } from './contract.js';
import { type Answer, type Call, type Operation, pathPattern } from './operation.js';
import { actorOf, budgetOf, type Principal, principalOf } from './principal.js';
import { refusal } from './rights.js';

interface Route {
  operation: Operation;
  pattern: RegExp;
}

export interface Matched {
  operation: Operation;
  params: Record<string, string>;
}

/** Answers REST calls: who asks, limits, contract, rights, the operation, contract again, ETag. */
export class Dispatcher {
  private readonly routes: Route[];

  constructor(
    private readonly world: World,
    private readonly contract: Contract,
    operations: Operation[],
  ) {
    // Longer literals first: `commits/{ref}/status` before `commits/{ref}`.
    const byLength = [...operations].sort((a, b) => literalLength(b.path) - literalLength(a.path));
    this.routes = byLength.map((operation) => ({ operation, pattern: pathPattern(operation.path) }));
  }

  match(method: string, path: string): Matched | undefined {
    for (const { operation, pattern } of this.routes) {
      if (operation.method !== method && !(method === 'HEAD' && operation.method === 'GET')) continue;
      const found = pattern.exec(path);
      if (found) return { operation, params: decoded(found.groups ?? {}) };
    }
    return undefined;
  }

  async answer(request: FastifyRequest, reply: FastifyReply, path: string): Promise<void> {
    const { world } = this;
    let budget: string | undefined;
    let end = (): void => undefined;
    try {
      const matched = this.match(request.method, path);
      if (!matched) throw notFound();
      checkHeaders(request);
      const principal = principalOf(world, request.headers.authorization);
      this.note(request, principal);
      if (principal.kind === 'oauth') reply.header('x-oauth-scopes', principal.token.scopes.join(', '));
      budget = budgetFor(matched.operation, principal);
      end = world.limits.begin(budget);
      this.charge(matched.operation, principal, request.method, budget);
      const call = this.callOf(request, matched, principal, path);
      this.contract.checkRequest(matched.operation, call);
      const answer = await this.run(matched.operation, call);
      this.contract.checkAnswer(matched.operation, answer.status, answer.body, call.accept);
      await this.send(request, reply, answer, budget);
    } catch (error) {
      await this.sendError(reply, this.described(request, path, error), budget);
    } finally {
      end();
    }
  }

  /** An error's body is held against the description as well. */
  private described(request: FastifyRequest, path: string, error: unknown): unknown {
    const matched = error instanceof GitHubError && error.status < 500 ? this.match(request.method, path) : undefined;
    if (!matched || !(error instanceof GitHubError)) return error;
    try {
      this.contract.checkAnswer(matched.operation, error.status, error.body());
      return error;
    } catch (broken) {
      return broken;
    }
  }

  private note(request: FastifyRequest, principal: Principal): void {
    const entry = this.world.received.entry(request);
    if (!entry) return;
    entry.tokenKind = principal.kind;
    entry.actor = actorOf(this.world, principal);
  }

  private charge(operation: Operation, principal: Principal, method: string, budget: string): void {
    const { limits, switches } = this.world;
    if (operation.path !== '/rate_limit' && !limits.take(budget)) {
      throw new GitHubError(403, `API rate limit exceeded for ${budget.replace(':', ' ID ')}.`);
    }
    const oauth = operation.path.endsWith('/token/scoped') && switches.narrowingCountsAsOauth;
    if (oauth && principal.kind === 'client' && !limits.take(`oauth:${principal.app.id}`)) {
      throw new GitHubError(403, 'API rate limit exceeded for OAuth token requests.');
    }
    const content = operation.content === true && switches.statusesAreContent;
    if (!limits.takeSecondary(budget, method, content)) {
      const headers = switches.secondaryRetryAfter === null ? undefined : String(switches.secondaryRetryAfter);
      throw new GitHubError(
        403,
        'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
        undefined,
        headers === undefined ? {} : { 'retry-after': headers },
      );
    }
  }

  private callOf(request: FastifyRequest, matched: Matched, principal: Principal, path: string): Call {
    const body = request.body;
    return {
      world: this.world,
      method: request.method,
      path,
      params: matched.params,
      query: new URLSearchParams(request.url.split('?')[1] ?? ''),
      body:
        typeof body === 'object' && body !== null && !Buffer.isBuffer(body) ? (body as Record<string, unknown>) : {},
      accept: request.headers.accept ?? '',
      principal,
    };
  }

  private async run(operation: Operation, call: Call): Promise<Answer> {
    if (!operation.askers.includes(call.principal.kind)) throw wrongAsker(operation, call.principal);
    if (!('inRepository' in operation)) return operation.handle(call);
    const found = this.findRepository(call, operation);
    if ('status' in found) return found;
    const refused = refusal(this.world, call.principal, found, operation.need);
    if (refused) {
      const accepted = `${operation.need.permission}=${operation.need.level}`;
      throw new GitHubError(refused.status, refused.message, undefined, { 'x-accepted-github-permissions': accepted });
    }
    const answer = await operation.inRepository({ ...call, repository: found });
    answer.headers = {
      'x-accepted-github-permissions': `${operation.need.permission}=${operation.need.level}`,
      ...answer.headers,
    };
    return answer;
  }

  /** The repository, or the redirect that a former name answers with. */
  private findRepository(call: Call, operation: Operation): Repository | Answer {
    const { store, addresses } = this.world;
    const { owner = '', repo = '', repository_id: id } = call.params;
    if (id !== undefined) {
      const byId = store.repositories.get(Number(id));
      if (!byId) throw notFound();
      return byId;
    }
    const byName = store.repositoryByName(owner, repo);
    if (byName) return byName;
    const former = store.formerRepository(owner, repo);
    if (!former || refusal(this.world, call.principal, former, { permission: 'metadata', level: 'read' }))
      throw notFound();
    const rest = call.path.split('/').slice(4).join('/');
    const query = call.query.toString();
    const url = `${addresses.api}/repositories/${former.id}${rest ? `/${rest}` : ''}${query ? `?${query}` : ''}`;
    const status = operation.method === 'GET' ? 301 : 307;
    const message = status === 301 ? 'Moved Permanently' : 'Temporary Redirect';
    return {
      status,
      headers: { location: url },
      body: { message, url, documentation_url: 'https://docs.github.com/rest' },
    };
  }

  private async send(request: FastifyRequest, reply: FastifyReply, answer: Answer, budget: string): Promise<void> {
    const data =
      answer.raw?.data ?? (answer.body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(answer.body)));
    const etag = `"${createHash('sha256').update(data).digest('hex')}"`;
    if (answer.status === 200 && request.method !== 'POST') {
      reply.header('etag', etag).header('cache-control', 'private, max-age=60, s-maxage=60');
      if (request.headers['if-none-match']?.replace(/^W\//, '') === etag) {
        this.world.limits.giveBack(budget);
        await this.finish(reply, budget, 304, answer.headers).send();
        return;
      }
    }
    this.finish(reply, budget, answer.status, answer.headers);
    if (data.length > 0) reply.header('content-type', answer.raw?.contentType ?? 'application/json; charset=utf-8');
    await reply.send(data.length > 0 ? data : undefined);
  }

  private async sendError(reply: FastifyReply, error: unknown, budget: string | undefined): Promise<void> {
    const known =
      error instanceof GitHubError
        ? error
        : new GitHubError(
            500,
            error instanceof Error ? `Simulator: ${error.stack ?? error.message}` : 'Simulator error',
          );
    this.finish(reply, budget ?? 'anonymous', known.status, known.headers);
    await reply.header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(known.body()));
  }

  private finish(
    reply: FastifyReply,
    budgetName: string,
    status: number,
    headers: Record<string, string> = {},
  ): FastifyReply {
    const budget = this.world.limits.look(budgetName);
    return reply.code(status).headers({
      'x-ratelimit-limit': String(budget.limit),
      'x-ratelimit-remaining': String(budget.remaining),
      'x-ratelimit-used': String(budget.used),
      'x-ratelimit-reset': String(budget.reset),
      'x-ratelimit-resource': budget.resource,
      'x-github-media-type': 'github.v3; format=json',
      'x-github-api-version-selected': String(reply.request.headers['x-github-api-version'] ?? apiVersions[0]),
      ...headers,
    });
  }
}

const apiVersions = ['2022-11-28', '2026-03-10'];

function checkHeaders(request: FastifyRequest): void {
  if (!request.headers['user-agent']) {
    throw new GitHubError(
      403,
      'Request forbidden by administrative rules. Please make sure your request has a User-Agent header.',
    );
  }
  const version = request.headers['x-github-api-version'];
  if (version !== undefined && !apiVersions.includes(String(version))) {
    throw new GitHubError(400, `API version ${String(version)} is not supported.`);
  }
}

function budgetFor(operation: Operation, principal: Principal): string {
  return operation.path.startsWith('/app-manifests/') ? 'integration_manifest' : budgetOf(principal);
}

function literalLength(path: string): number {
  return path.replaceAll(/\{\w+\}/g, '').length;
}

function decoded(groups: Record<string, string | undefined>): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [name, value] of Object.entries(groups)) {
    try {
      params[name] = decodeURIComponent(value ?? '');
    } catch {
      throw new GitHubError(400, 'Bad Request');
    }
  }
  return params;
}

function wrongAsker(operation: Operation, principal: Principal): GitHubError {
  if (operation.askers.includes('app')) return new GitHubError(401, 'A JSON web token could not be decoded');
  if (principal.kind === 'anonymous' || operation.askers.includes('client')) {
    return new GitHubError(401, 'Requires authentication');
  }
  return new GitHubError(403, 'Resource not accessible by integration');
}
