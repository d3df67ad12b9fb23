import type { FastifyInstance } from 'fastify';
import { commitPage, plainPage } from './html-pages.js';
import { html } from '../oauth/routes.js';
import type { World } from '../world.js';

interface CommitParams {
  owner: string;
  repo: string;
  sha: string;
}

/** What a person looks at after a push: the commit and its verdicts. */
export function commitPages(server: FastifyInstance, world: World): void {
  server.get<{ Params: CommitParams }>('/:owner/:repo/commit/:sha', async (request, reply) => {
    const { owner, repo, sha } = request.params;
    const repository = world.store.repositoryByName(owner, repo);
    const commit = repository && /^[0-9a-f]{40}$/.test(sha) ? await world.git(repository).commit(sha) : null;
    if (!repository || !commit) return html(reply, 404, plainPage('Not found', 'There is no such commit here.'));
    const statuses = repository.statusesOf.get(sha) ?? [];
    return html(reply, 200, commitPage(world.store.fullName(repository), commit, statuses));
  });
}
