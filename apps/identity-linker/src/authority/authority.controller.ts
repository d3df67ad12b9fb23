import { gunzipSync } from 'node:zlib';

import { Access } from '@crosstie/access';
import { Database, readDelivery } from '@crosstie/domain';
import { parseAuthorization } from '@crosstie/github';
import { EventHandler, RequestHandler, type Incoming, type RequestPayloads } from '@crosstie/messaging';
import { TokenAuthority } from '@crosstie/token-vault/authority';
import { Controller, Inject } from '@nestjs/common';

import { IdentityLinking } from '../sign-in/identity-linking.js';
import { GithubRoles } from './github-roles.js';
import { TokenSweep } from './token-sweep.js';

const finalStatuses = new Set(['success', 'failed', 'canceled', 'skipped']);

/** What the other services ask of the authority, and the events that end tokens. */
@Controller()
export class AuthorityController {
  constructor(
    @Inject(TokenAuthority) private readonly authority: TokenAuthority,
    @Inject(GithubRoles) private readonly roles: GithubRoles,
    @Inject(IdentityLinking) private readonly linking: IdentityLinking,
    @Inject(TokenSweep) private readonly sweep: TokenSweep,
    @Inject(Access) private readonly access: Access,
    @Inject(Database) private readonly database: Database,
  ) {}

  @RequestHandler('identity-linker', 'token.lease')
  lease(request: RequestPayloads['token.lease']['request']): Promise<RequestPayloads['token.lease']['reply']> {
    return this.authority.answer(request);
  }

  @RequestHandler('identity-linker', 'access.github_role')
  role({
    userId,
    projectId,
  }: RequestPayloads['access.github_role']['request']): Promise<RequestPayloads['access.github_role']['reply']> {
    return this.roles.roleOf(userId, projectId);
  }

  /** A pipeline that is over needs its tokens no more. */
  @EventHandler('identity-linker', 'pipeline.changed')
  async pipelineChanged({ payload }: Incoming<'pipeline.changed'>): Promise<void> {
    if (!finalStatuses.has(payload.status)) return;
    if ((await this.authority.retired.retirePipeline(payload.pipelineId)) > 0) this.sweep.wake();
  }

  @EventHandler('identity-linker', 'person.changed')
  async personChanged({ payload }: Incoming<'person.changed'>): Promise<void> {
    this.access.forget(payload);
  }

  /** The person took back at GitHub what they had allowed. */
  @EventHandler('identity-linker', 'github.github_app_authorization')
  async authorization({ payload }: Incoming<'github.github_app_authorization'>): Promise<void> {
    const delivery = await this.database.first(readDelivery, payload.deliveryId);
    const event = delivery ? parseAuthorization(gunzipSync(delivery.body)) : null;
    if (delivery && event?.action === 'revoked') await this.linking.revoked(delivery.host, event.sender.id);
  }
}
