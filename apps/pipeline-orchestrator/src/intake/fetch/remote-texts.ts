import { OutboundError, type PublicFetch } from '@crosstie/platform';

import type { FetchBudget } from './fetch-budget.js';
import { asText, fault, type Fetched, quoted } from './fetched.js';

/** Texts from the public Internet: no credentials, and never from inside a network unless it was allowed. */
export class RemoteTexts {
  constructor(
    private readonly fetcher: PublicFetch,
    private readonly budget: FetchBudget,
  ) {}

  /** @param name how the text is called in sentences */
  async text(url: string, name = `Remote file ${quoted(url)}`): Promise<Fetched> {
    const { remoteMs, fileBytes } = this.budget.limits;
    try {
      const asked = { timeoutMs: remoteMs, bytesMax: fileBytes, signal: this.budget.ending };
      const { status, body } = await this.fetcher.get(url, asked);
      if (status === 200) return asText(body, name);
      return fault(`${name} could not be fetched because of HTTP code \`${status}\` error!`, status === 404);
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      if (error.kind === 'refused') return fault(`${name} ${error.message}!`);
      return fault(`${name} could not be fetched because it ${error.message}!`);
    }
  }
}
