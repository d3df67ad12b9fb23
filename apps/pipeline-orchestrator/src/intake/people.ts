import { Injectable } from '@nestjs/common';
import { Access, Senders } from '@crosstie/access';
import type { PipelineReason } from '@crosstie/pipeline';

import type { PushPayload } from './push-payload.js';

/** The least level with which one may run pipelines: Developer. */
export const runLevel = 30;

export type Verdict =
  | { readonly may: true; readonly userId: number }
  | { readonly may: false; readonly reason: PipelineReason; readonly userId: number | null };

/** Who stands behind a push, by GitHub's number alone: logins are recycled and e-mails are claims. */
@Injectable()
export class People {
  constructor(
    private readonly senders: Senders,
    private readonly access: Access,
  ) {}

  /** Whether the sender of a push may run pipelines in this project, and as whom. */
  async judge(
    host: string,
    sender: PushPayload['sender'],
    project: { projectId: number; cloneWith: 'person' | 'installation' },
  ): Promise<Verdict> {
    const known = sender === null ? null : await this.senders.resolve(host, sender.id);
    if (!known || known.identityState === 'revoked') {
      return { may: false, reason: sender?.isBot && !known ? 'bot_not_mapped' : 'sender_not_linked', userId: null };
    }
    const { userId } = known;
    const refused = (reason: PipelineReason): Verdict => ({ may: false, reason, userId });
    if (!known.termsAccepted) return refused('terms_not_accepted');
    if (!known.seat) return refused('no_seat');
    // The clone token comes from GitHub through the person; with the installation's they need not sign in again.
    if (known.identityState === 'needs_reauth' && project.cloneWith === 'person') return refused('token_refused');
    const level = await this.access.levelOf(userId, project.projectId);
    return level >= runLevel ? { may: true, userId } : refused('sender_not_permitted');
  }
}
