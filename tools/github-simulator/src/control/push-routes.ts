import type { FastifyInstance } from 'fastify';
import { afterPush, type RefUpdate, wouldBePayload } from '../git/push-events.js';
import { git as runGit } from '../git/run-git.js';
import { writeCommits } from '../git/write-commit.js';
import type { Repository } from '../state/model.js';
import type { World } from '../world.js';
import { readFiles } from './file-content.js';
import { accountOf, appOf, repositoryOf, Unknown } from './lookup.js';
import type { ForgedPush, Lag, NewPush, NewRef, PushResult, ReceivedStatus } from './wire.js';

interface RepositoryParams {
  owner: string;
  repo: string;
}

/** Pushes without git, and what a repository has been told. */
export function pushRoutes(server: FastifyInstance, world: World): void {
  server.post<{ Params: RepositoryParams; Body: NewPush }>('/repos/:owner/:repo/push', (request) =>
    push(world, repositoryOf(world, request.params), request.body),
  );

  server.post<{ Params: RepositoryParams; Body: NewRef }>('/repos/:owner/:repo/refs', (request) =>
    setRef(world, repositoryOf(world, request.params), request.body),
  );

  server.post<{ Params: RepositoryParams; Body: ForgedPush }>('/repos/:owner/:repo/push-payload', (request) =>
    forge(world, repositoryOf(world, request.params), request.body),
  );

  server.put<{ Params: RepositoryParams; Body: Lag }>('/repos/:owner/:repo/lag', (request, reply) => {
    const repository = repositoryOf(world, request.params);
    if (request.body.ms > 0) world.lags.set(repository.id, { ms: request.body.ms, refs: request.body.refs ?? true });
    else world.endLag(repository);
    return reply.code(204).send();
  });

  server.get<{ Params: RepositoryParams; Querystring: { sha?: string } }>('/repos/:owner/:repo/statuses', (request) =>
    repositoryOf(world, request.params)
      .statuses.filter((each) => request.query.sha === undefined || each.sha === request.query.sha)
      .map((each): ReceivedStatus => {
        const { creatorId, createdAt, receivedNs, ...rest } = each;
        return {
          ...rest,
          creator: world.store.account(creatorId).login,
          createdAt: world.clock.iso(createdAt),
          receivedNs: String(receivedNs),
        };
      }),
  );

  server.get<{ Params: RepositoryParams }>('/repos/:owner/:repo/refs', async (request) =>
    Object.fromEntries(await world.git(repositoryOf(world, request.params)).refs()),
  );
}

async function push(world: World, repository: Repository, wanted: NewPush): Promise<PushResult> {
  const pusher = accountOf(world, wanted.pusher);
  const ref = `refs/heads/${wanted.branch ?? repository.defaultBranch}`;
  const bare = world.git(repository);
  const before = (await bare.ref(ref))?.oid ?? null;
  const commits = wanted.commits ?? [{ files: wanted.files ?? {}, message: wanted.message, author: wanted.author }];
  const after = await writeCommits(
    bare,
    commits.map((commit, index) => ({
      ref,
      ...readFiles(commit.files),
      message: commit.message ?? 'Change something',
      author: commit.author ?? { name: pusher.name, email: pusher.email },
      at: world.clock.now(),
      ...(index === 0 && wanted.parent !== undefined ? { parent: wanted.parent } : {}),
    })),
  );
  const update: RefUpdate = { ref, before, after };
  if (wanted.deliver !== false) await afterPush(world, repository, [update], { pusher });
  return { ref, before, after };
}

async function setRef(world: World, repository: Repository, wanted: NewRef): Promise<PushResult & { after: string }> {
  const pusher = accountOf(world, wanted.pusher);
  const bare = world.git(repository);
  const before = (await bare.ref(wanted.ref))?.oid ?? null;
  const after =
    wanted.annotation !== undefined && wanted.sha !== null ? await annotate(world, repository, wanted) : wanted.sha;
  await bare.setRef(wanted.ref, after);
  await afterPush(world, repository, [{ ref: wanted.ref, before, after }], { pusher });
  return { ref: wanted.ref, before, after: after ?? '' };
}

async function forge(world: World, repository: Repository, wanted: ForgedPush): Promise<Record<string, unknown>> {
  const installation = world.store.installationFor(appOf(world, wanted.app).id, repository.ownerId);
  if (!installation) throw new Unknown(`${wanted.app} is not installed there`);
  const pusher = accountOf(world, wanted.pusher);
  const sender = wanted.sender === undefined ? pusher : accountOf(world, wanted.sender);
  return wouldBePayload(world, repository, wanted, { pusher, sender }, installation);
}

async function annotate(world: World, repository: Repository, wanted: NewRef): Promise<string> {
  const pusher = accountOf(world, wanted.pusher);
  const name = wanted.ref.replace(/^refs\/tags\//, '');
  const who = `${pusher.name} <${pusher.email}> ${Math.floor(world.clock.now() / 1000)} +0000`;
  const text = `object ${wanted.sha}\ntype commit\ntag ${name}\ntagger ${who}\n\n${wanted.annotation}\n`;
  return (await runGit(world.git(repository).directory, ['mktag'], text)).toString().trim();
}
