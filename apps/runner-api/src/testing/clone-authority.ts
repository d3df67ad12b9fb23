import { Database, insertLease } from '@crosstie/domain';
import { RequestHandler, type TokenReply, type TokenRequest } from '@crosstie/messaging';
import { Clock } from '@crosstie/platform';
import { Keyring } from '@crosstie/token-vault';
import { Controller } from '@nestjs/common';

/**
 * Answers as the token authority, with leases sealed as it seals them, so that the client door is the real one.
 * What a test wants it to do is set here.
 */
export const cloneAuthority: { refusal: TokenReply | null; lifeMs: number; made: string[] } = {
  refusal: null,
  lifeMs: 3_600_000,
  made: [],
};

/** Made into an app beside runner-api by the tests. */
@Controller()
export class CloneAuthorityController {
  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
    private readonly clock: Clock,
  ) {}

  @RequestHandler('identity-linker', 'token.lease')
  async lease(request: TokenRequest): Promise<TokenReply> {
    if (cloneAuthority.refusal) return cloneAuthority.refusal;
    if (request.purpose !== 'clone') throw new Error('Only clone tokens are asked for here');
    const token = `ghu_${String(cloneAuthority.made.length).padStart(36, 'x')}`;
    cloneAuthority.made.push(token);
    const issuedAt = new Date(Math.floor(this.clock.ms()));
    const expiresAt = new Date(issuedAt.getTime() + cloneAuthority.lifeMs);
    const { pipelineId, projectId } = request;
    const row = ['github.test', 'clone', 'installation', '', projectId, pipelineId, issuedAt.getTime()].join('/');
    const { keyId, sealed } = this.keyring.seal('leases', { table: 'token_lease', column: 'sealed', row }, token);
    const subject = ['clone', 'installation', 'github.test', null, projectId, null, null, pipelineId, '{}'] as const;
    const [lease] = await this.database.run(insertLease, ...subject, keyId, sealed, issuedAt, expiresAt);
    return { granted: true, leaseId: lease?.id ?? 0, expiresAt: expiresAt.toISOString() };
  }
}
