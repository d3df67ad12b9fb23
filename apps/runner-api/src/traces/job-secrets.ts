import { Database, findJobSecrets, keepJobSecrets } from '@crosstie/domain';
import { Clock, Logger, type Secret } from '@crosstie/platform';
import { Keyring, TokenClient } from '@crosstie/token-vault';
import { Injectable } from '@nestjs/common';

import type { JobPayload } from '../payload/job-payload.js';
import { Masker } from './masker.js';
import { formsOf } from './secret-forms.js';

const rememberedMax = 5_000;

/** The hand-out of a job, by the token that only it has. */
export interface HandoutToken {
  readonly token: Secret;
  readonly tokenHash: Buffer;
}

/**
 * What each hand-out was given that must not stand in its log. Kept in the memory of the process that gave it out; any
 * other one finds it again: the job's token comes with each call, clone tokens lie sealed as leases, and where there
 * was more than those, it was sealed with the job before the answer left.
 */
@Injectable()
export class JobSecrets {
  private readonly known = new Map<string, Masker>();

  constructor(
    private readonly database: Database,
    private readonly tokens: TokenClient,
    private readonly keyring: Keyring,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Takes in what a payload holds. Writes only when it is more than can be found again. */
  async noteGiven(handout: number, tokenHash: Buffer, payload: JobPayload): Promise<void> {
    const { id: jobId, token, variables } = payload;
    const cloneToken = new URL(payload.git_info.repo_url).password;
    const tokens = [token, cloneToken].filter((each) => each !== '');
    // An address that holds a token is no secret beyond it.
    const others = variables
      .filter(({ masked, value }) => masked && !tokens.some((each) => value.includes(each)))
      .map(({ value }) => value);
    this.remember(tokenHash, [...tokens, ...others]);
    if (others.length === 0) return;
    const { keyId, sealed } = this.keyring.seal('variables', placeOf(jobId, handout), JSON.stringify(others));
    await this.database.run(keepJobSecrets, jobId, handout, keyId, sealed, this.clock.now());
  }

  /** Null where the token is not that of a hand-out that runs. */
  async maskerFor(jobId: number, { token, tokenHash }: HandoutToken): Promise<Masker | null> {
    const known = this.known.get(tokenHash.toString('base64'));
    if (known) return known;
    const found = await this.database.first(findJobSecrets, jobId, tokenHash);
    if (!found) return null;
    const subject = { pipelineId: found.pipeline_id, projectId: found.project_id };
    const clones = await this.tokens.cloneTokensOf(subject);
    const kept = found.sealed ? this.opened(jobId, found.handout, found.sealed) : [];
    return this.remember(tokenHash, [token.reveal(), ...clones.map((clone) => clone.reveal()), ...kept]);
  }

  // A log is not to be lost for a key that was taken away while its job ran; its tokens are masked in any case.
  private opened(jobId: number, handout: number, sealed: Buffer): string[] {
    try {
      return JSON.parse(this.keyring.open('variables', placeOf(jobId, handout), sealed).reveal()) as string[];
    } catch (error) {
      this.logger.error('the masked variables of a job cannot be opened: its runner alone masks them', {
        err: error,
        jobId,
      });
      return [];
    }
  }

  private remember(tokenHash: Buffer, secrets: readonly string[]): Masker {
    const masker = new Masker(formsOf(secrets));
    const oldest = this.known.keys().next().value;
    if (this.known.size >= rememberedMax && oldest !== undefined) this.known.delete(oldest);
    this.known.set(tokenHash.toString('base64'), masker);
    return masker;
  }
}

function placeOf(jobId: number, handout: number) {
  return { table: 'job_secret', column: 'sealed', row: `${jobId}/${handout}` };
}
