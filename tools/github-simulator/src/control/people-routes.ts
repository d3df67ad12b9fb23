import type { FastifyInstance } from 'fastify';
import type { Account, Repository, Role } from '../state/model.js';
import type { World } from '../world.js';
import { accountOf, repositoryOf } from './lookup.js';
import { announceRevocation } from '../webhooks/announce.js';
import type {
  CreatedOrganization,
  CreatedRepository,
  CreatedUser,
  NewOrganization,
  NewRepository,
  NewUser,
} from './wire.js';
import { makeRepository, moveRepository, removeRepository, renameRepository } from './repositories.js';

interface RepositoryParams {
  owner: string;
  repo: string;
}

/** People, organisations, repositories and who may do what on them. */
export function peopleRoutes(server: FastifyInstance, world: World): void {
  server.post<{ Body: NewUser }>('/users', (request): CreatedUser => {
    const account = world.store.addAccount('User', request.body.login, request.body);
    return {
      id: account.id,
      login: account.login,
      email: account.email,
      token: world.tokens.issuePersonalToken(account.id).value,
    };
  });

  server.patch<{ Params: { login: string }; Body: { login: string } }>('/users/:login', (request) => {
    const account = accountOf(world, request.params.login);
    account.login = request.body.login;
    return { id: account.id, login: account.login };
  });

  // What a person does under "Authorized GitHub Apps": revoke.
  server.delete<{ Params: { login: string; app: string } }>('/users/:login/authorizations/:app', (request, reply) => {
    const account = accountOf(world, request.params.login);
    const app = world.store.appBySlug(request.params.app);
    if (!app) throw new Error(`No App ${request.params.app}`);
    world.tokens.endGrant(app.id, account.id);
    world.store.authorizations.delete(`${app.id}/${account.id}`);
    announceRevocation(world, app, account);
    return reply.code(204).send();
  });

  server.post<{ Body: NewOrganization }>('/organizations', (request): CreatedOrganization => {
    const account = world.store.addAccount('Organization', request.body.login);
    account.basePermission = request.body.basePermission ?? 'read';
    for (const [login, role] of Object.entries(request.body.members ?? {})) {
      account.members.set(accountOf(world, login).id, role);
    }
    return { id: account.id, login: account.login };
  });

  server.put<{ Params: { org: string; login: string }; Body: { role: 'admin' | 'member' | null } }>(
    '/organizations/:org/members/:login',
    (request, reply) => {
      const members = accountOf(world, request.params.org).members;
      const { id } = accountOf(world, request.params.login);
      if (request.body.role === null) members.delete(id);
      else members.set(id, request.body.role);
      return reply.code(204).send();
    },
  );

  server.post<{ Body: NewRepository }>('/repositories', (request): Promise<CreatedRepository> =>
    makeRepository(world, request.body),
  );

  server.put<{ Params: RepositoryParams & { login: string }; Body: { role: Role | null } }>(
    '/repos/:owner/:repo/collaborators/:login',
    (request, reply) => {
      setCollaborator(repositoryOf(world, request.params), accountOf(world, request.params.login), request.body.role);
      return reply.code(204).send();
    },
  );

  server.patch<{
    Params: RepositoryParams;
    Body: { name?: string; owner?: string; private?: boolean; archived?: boolean; sender?: string };
  }>('/repos/:owner/:repo', (request) => {
    const repository = repositoryOf(world, request.params);
    const { name, owner, private: hidden, archived, sender } = request.body;
    if (hidden !== undefined) repository.private = hidden;
    if (archived !== undefined) repository.archived = archived;
    if (name !== undefined) renameRepository(world, repository, name, sender);
    if (owner !== undefined) moveRepository(world, repository, accountOf(world, owner), sender);
    return { id: repository.id, fullName: world.store.fullName(repository) };
  });

  server.delete<{ Params: RepositoryParams; Querystring: { sender?: string } }>(
    '/repos/:owner/:repo',
    (request, reply) => {
      removeRepository(world, repositoryOf(world, request.params), request.query.sender);
      return reply.code(204).send();
    },
  );
}

function setCollaborator(repository: Repository, account: Account, role: Role | null): void {
  if (role === null) repository.collaborators.delete(account.id);
  else repository.collaborators.set(account.id, role);
}
