import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { join } from 'node:path';
import { GitHubError } from '../http/github-error.js';
import { actorOf, type Principal, principalOf } from '../rest/principal.js';
import { installationReach, refusal } from '../rest/rights.js';
import type { Account, Level, Repository } from '../state/model.js';
import type { World } from '../world.js';
import { noObject } from './bare-repository.js';
import { afterPush, type RefUpdate } from './push-events.js';
import { refCommands } from './ref-commands.js';
import { gitEnvironment } from './run-git.js';

const backend = join(execFileSync('git', ['--exec-path']).toString().trim(), 'git-http-backend');

interface GitRequest {
  owner: string;
  name: string;
  /** `info/refs`, `git-upload-pack` or `git-receive-pack`. */
  operation: string;
  query: string;
}

/** What a path asks of git, or undefined when it is no path of git's. */
export function gitRequestOf(url: string): GitRequest | undefined {
  const [path = '', query = ''] = url.split('?');
  const found = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(path);
  if (!found) return undefined;
  return {
    owner: decodeURIComponent(found[1] ?? ''),
    name: decodeURIComponent(found[2] ?? ''),
    operation: found[3] ?? '',
    query,
  };
}

/** Whether a git request reads or writes. */
export function gitLevel(request: GitRequest): Level {
  const service =
    request.operation === 'info/refs' ? new URLSearchParams(request.query).get('service') : request.operation;
  return service === 'git-receive-pack' ? 'write' : 'read';
}

/** git over HTTP, as `git clone` and `git push` speak it; the work is done by git's own CGI program. */
export function gitRoutes(server: FastifyInstance, world: World): void {
  const handler = (request: FastifyRequest, reply: FastifyReply): Promise<void> => serve(world, request, reply);
  for (const name of [':repo', ':repo.git']) {
    server.get(`/:owner/${name}/info/refs`, handler);
    server.post(`/:owner/${name}/git-upload-pack`, handler);
    server.post(`/:owner/${name}/git-receive-pack`, handler);
  }
}

async function serve(world: World, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const wanted = gitRequestOf(request.url);
  if (!wanted) return void (await reply.code(404).send('Not Found'));
  let repository: Repository;
  let principal: Principal;
  try {
    principal = principalOf(world, request.headers.authorization);
    const entry = world.received.entry(request);
    if (entry) Object.assign(entry, { tokenKind: principal.kind, actor: actorOf(world, principal) });
    repository = admit(world, principal, wanted);
  } catch (error) {
    await refuse(reply, error);
    return;
  }
  const pusher = pusherOf(world, principal);
  await runBackend(world, repository, wanted, request, reply, pusher);
}

/** Finds the repository and checks the right, with GitHub's own misleading words. */
function admit(world: World, principal: Principal, wanted: GitRequest): Repository {
  const repository =
    world.store.repositoryByName(wanted.owner, wanted.name) ?? world.store.formerRepository(wanted.owner, wanted.name);
  const level = gitLevel(wanted);
  const refused = repository ? refusal(world, principal, repository, { permission: 'contents', level }) : null;
  if (repository && !refused) return repository;
  if (principal.kind === 'anonymous') throw new GitHubError(401, 'Repository not found.');
  if (!repository || !seesRepository(world, principal, repository)) throw new GitHubError(404, 'Repository not found.');
  if (principal.kind === 'personal' || principal.kind === 'oauth') {
    const login = world.store.account(principal.token.userId).login;
    throw new GitHubError(403, `Permission to ${world.store.fullName(repository)}.git denied to ${login}.`);
  }
  // The words for a missing `contents` permission, also when only reading was asked for.
  throw new GitHubError(403, 'Write access to repository not granted.');
}

function seesRepository(world: World, principal: Principal, repository: Repository): boolean {
  if (!repository.private) return true;
  if (principal.kind === 'installation') return installationReach(world, principal, repository) !== null;
  return refusal(world, principal, repository, { permission: 'metadata', level: 'read' }) === null;
}

async function refuse(reply: FastifyReply, error: unknown): Promise<void> {
  const known = error instanceof GitHubError ? error : new GitHubError(500, 'Internal Server Error');
  const text =
    known.message === 'Bad credentials'
      ? 'Invalid username or token. Password authentication is not supported for Git operations.'
      : known.message;
  if (known.status === 401) reply.header('www-authenticate', 'Basic realm="GitHub"');
  await reply.code(known.status).type('text/plain; charset=UTF-8').send(text);
}

function pusherOf(world: World, principal: Principal): Account | undefined {
  switch (principal.kind) {
    case 'user':
    case 'personal':
    case 'oauth':
      return world.store.account(principal.token.userId);
    case 'installation':
      return world.store.account(world.store.apps.get(principal.token.appId)?.botId ?? 0);
    case 'anonymous':
    case 'app':
    case 'client':
      return undefined;
  }
}

async function runBackend(
  world: World,
  repository: Repository,
  wanted: GitRequest,
  request: FastifyRequest,
  reply: FastifyReply,
  pusher: Account | undefined,
): Promise<void> {
  const directory = world.git(repository).directory;
  const header = (name: string): string => String(request.headers[name] ?? '');
  const child = spawn(backend, [], {
    env: {
      ...gitEnvironment(),
      GIT_PROJECT_ROOT: directory,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: `/${wanted.operation}`,
      QUERY_STRING: wanted.query,
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: header('content-type'),
      ...(request.headers['content-length'] ? { CONTENT_LENGTH: header('content-length') } : {}),
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      GIT_PROTOCOL: header('git-protocol'),
      REMOTE_USER: pusher?.login ?? '',
      REMOTE_ADDR: request.ip,
    },
  });
  child.stderr.resume();
  child.stdin.on('error', () => {
    // git ended early; what it says goes to the client.
  });
  const body = request.body as Readable | undefined;
  const isPush = wanted.operation === 'git-receive-pack';
  const commands = isPush && body ? refCommands(body, header('content-encoding')) : undefined;
  if (body) body.pipe(child.stdin);
  else child.stdin.end();
  reply.hijack();
  await relay(child, reply);
  if (commands && pusher) await announce(world, repository, await commands, pusher);
}

/** Turns the CGI program's answer into an HTTP answer; ends when the program has. */
function relay(child: ChildProcessWithoutNullStreams, reply: FastifyReply): Promise<void> {
  return new Promise((resolve) => {
    let head: Buffer | null = Buffer.alloc(0);
    child.stdout.on('data', (chunk: Buffer) => {
      if (head === null) {
        reply.raw.write(chunk);
        return;
      }
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const rest = head.subarray(end + 4);
      writeHead(reply, head.subarray(0, end).toString());
      head = null;
      if (rest.length > 0) reply.raw.write(rest);
    });
    child.on('close', () => {
      if (head !== null) reply.raw.writeHead(500);
      reply.raw.end();
      resolve();
    });
    child.on('error', () => resolve());
    reply.raw.on('close', () => {
      if (!reply.raw.writableFinished) child.stdin.destroy();
    });
  });
}

function writeHead(reply: FastifyReply, text: string): void {
  let status = 200;
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    if (name === 'status') status = Number(value.slice(0, 3));
    else if (name !== '') reply.raw.setHeader(name, value);
  }
  reply.raw.writeHead(status);
}

/** Which of the asked-for changes git made, told to the Apps. */
async function announce(world: World, repository: Repository, asked: RefUpdate[], pusher: Account): Promise<void> {
  const git = world.git(repository);
  const done: RefUpdate[] = [];
  for (const update of asked) {
    const now = (await git.ref(update.ref))?.oid ?? noObject;
    if (now === (update.after ?? noObject)) done.push(update);
  }
  await afterPush(world, repository, done, { pusher });
}
