import {
  applyDecorators,
  createParamDecorator,
  SetMetadata,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Forbidden, InsufficientScope } from '@crosstie/platform';
import type { FastifyRequest } from 'fastify';

import { scopeCovers, type Actor, type Scope } from './actor.js';
import { Actors } from './actors.js';

/** What a route takes as proof. Every route declares one; what declares none is a bug that a test finds. */
export type RouteCredential =
  | { kind: 'actor'; scope: Scope; admin: boolean }
  /** Open to everybody, or checked by the handler itself: `why` says which. */
  | { kind: 'public'; why: string }
  /** Another kind of credential, with a guard of its own: a runner's token, a job's, a signature. */
  | { kind: 'other'; what: string };

export const credentialKey = 'crosstie:route-credential';

type Requested = FastifyRequest & { crosstieActor?: Actor };

/** Lets those through whose credential holds and covers the route's scope. */
@Injectable()
export class ActorGuard implements CanActivate {
  constructor(
    @Inject(Actors) private readonly actors: Actors,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const needed = this.reflector.getAllAndOverride<RouteCredential | undefined>(credentialKey, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (needed?.kind === 'public') return true;
    // A route with this guard and another kind of credential would let the wrong ones through.
    if (needed?.kind !== 'actor') throw new Forbidden();
    const request = context.switchToHttp().getRequest<Requested>();
    const actor = await this.actors.of(request);
    if (!scopeCovers(actor.scopes, needed.scope)) throw new InsufficientScope(needed.scope);
    if (needed.admin && !actor.isAdmin) throw new Forbidden('Administrators only.');
    request.crosstieActor = actor;
    return true;
  }
}

/** The route wants a person with this scope. On a class it holds for each route; a route's own goes first. */
export function RequireScope(scope: Scope): MethodDecorator & ClassDecorator {
  return declare({ kind: 'actor', scope, admin: false });
}

/** The route wants an administrator with this scope. */
export function RequireAdmin(scope: Scope): MethodDecorator & ClassDecorator {
  return declare({ kind: 'actor', scope, admin: true });
}

/** The route is open; `why` is one sentence for who reads the list of routes. */
export function PublicRoute(why: string): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(credentialKey, { kind: 'public', why } satisfies RouteCredential));
}

/** The route takes another kind of proof, checked by a guard or the handler of its own: `what` names it. */
export function RequireCredential(what: string): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(credentialKey, { kind: 'other', what } satisfies RouteCredential));
}

/** The actor whom the guard let through. */
export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const actor = context.switchToHttp().getRequest<Requested>().crosstieActor;
  if (!actor) throw new Error('@CurrentActor on a route that does not require a scope');
  return actor;
});

function declare(credential: RouteCredential): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(credentialKey, credential), UseGuards(ActorGuard));
}
