import { lookup } from 'node:dns/promises';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';

import { isError } from './is-error.js';
import { OutboundError } from './outbound.js';
import { isPublicAddress } from './public-addresses.js';

/** Where texts named by people may be fetched from. */
export interface FetchRules {
  /** Any host of the public Internet, over https. */
  readonly public: boolean;
  /** `host` or `host:port` that may be private and may speak http. In lower case. */
  readonly hosts: readonly string[];
}

export interface PublicRequest {
  /** Covers everything: name, connections, redirects, body. */
  readonly timeoutMs: number;
  readonly bytesMax: number;
  readonly signal?: AbortSignal;
}

export interface PublicAnswer {
  readonly status: number;
  readonly body: Buffer;
}

interface Address {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a name, as the machine's own resolver has them. */
export type Resolve = (hostname: string) => Promise<readonly Address[]>;

const redirectsMax = 3;
const redirects = [301, 302, 303, 307, 308];

/**
 * Fetches an address that somebody wrote into a file. The name is resolved once for each hop, every
 * address it has must be a public one, and the connection goes to just these: a second answer of the
 * name server changes nothing. No credentials, no cookies, no proxy, nothing kept open.
 */
export class PublicFetch {
  constructor(
    private readonly rules: FetchRules,
    private readonly resolve: Resolve = (hostname) => lookup(hostname, { all: true }),
  ) {}

  /** An answer of any status that is no redirect. Throws an OutboundError whose message is for people. */
  async get(address: string, { timeoutMs, bytesMax, signal }: PublicRequest): Promise<PublicAnswer> {
    const deadline = AbortSignal.timeout(timeoutMs);
    const ending = signal ? AbortSignal.any([deadline, signal]) : deadline;
    try {
      return await this.follow(address, bytesMax, ending);
    } catch (error) {
      if (error instanceof OutboundError) throw error;
      if (ending.aborted) throw new OutboundError('timeout', `did not answer within ${Math.round(timeoutMs / 1000)} s`);
      throw new OutboundError('connection', `could not be reached (${codeOf(error)})`);
    }
  }

  private async follow(address: string, bytesMax: number, ending: AbortSignal): Promise<PublicAnswer> {
    let url = address;
    for (let hop = 0; hop <= redirectsMax; hop++) {
      const answer = await this.hop(url, ending);
      const { statusCode: status = 0, headers } = answer;
      if (!redirects.includes(status) || headers.location === undefined) {
        return { status, body: await readAtMost(answer, bytesMax) };
      }
      answer.destroy();
      if (!URL.canParse(headers.location, url)) throw refusal('redirects to something that is no address');
      url = new URL(headers.location, url).href;
    }
    throw refusal(`redirects more than ${redirectsMax} times`);
  }

  private async hop(address: string, ending: AbortSignal): Promise<IncomingMessage> {
    const url = readAddress(address);
    const addresses = await this.vetted(url, ending);
    ending.throwIfAborted();
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    return new Promise((resolve, reject) => {
      const headers = { accept: 'text/plain, */*;q=0.5', 'accept-encoding': 'identity', 'user-agent': 'crosstie' };
      send(url, { agent: false, lookup: pinnedTo(addresses), headers, signal: ending })
        .once('response', resolve)
        .once('error', reject)
        .end();
    });
  }

  /** The addresses that the host has now, once they may be used. */
  private async vetted(url: URL, ending: AbortSignal): Promise<readonly Address[]> {
    const hostname = url.hostname.replace(/^\[|\]$/g, '');
    const isNamed = this.rules.hosts.includes(url.host) || this.rules.hosts.includes(url.hostname);
    if (!isNamed && !this.rules.public) {
      throw refusal(`is refused: the administrator has not allowed ${url.hostname} (CROSSTIE_REMOTE_INCLUDES)`);
    }
    if (!isNamed && url.protocol !== 'https:') throw refusal('is refused: only https addresses are fetched');
    const family = isIP(hostname);
    const found = family > 0 ? [{ address: hostname, family }] : await within(this.resolve(hostname), ending);
    if (found.length === 0) throw refusal('has a host without an address');
    if (!isNamed && !found.every((one) => isPublicAddress(one.address))) {
      throw refusal('is refused: its host is not on the public Internet; an administrator can allow it by name');
    }
    return found;
  }
}

function refusal(what: string): OutboundError {
  return new OutboundError('refused', what);
}

function readAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) throw refusal('is no http or https address');
  if (url.username !== '' || url.password !== '') throw refusal('is refused: it holds a user name or password');
  return url;
}

/** Resolves a name to what was found before, whatever the name server says by now. */
function pinnedTo(addresses: readonly Address[]): LookupFunction {
  return (_hostname, options, done) => {
    const [first] = addresses;
    if (options.all) done(null, [...addresses]);
    else done(null, first?.address ?? '', first?.family ?? 4);
  };
}

async function readAtMost(answer: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of answer) {
    size += (part as Buffer).length;
    if (size > bytesMax) throw new OutboundError('too_large', `is larger than ${bytesMax} bytes`);
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts, size);
}

/** A name server's answer cannot be cancelled, but it need not be waited for. */
function within<T>(asked: Promise<T>, ending: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(new Error('ended'));
    ending.addEventListener('abort', end, { once: true });
    asked.then(resolve, reject).finally(() => ending.removeEventListener('abort', end));
  });
}

function codeOf(error: unknown): string {
  return isError(error) && 'code' in error ? String(error.code) : 'no connection';
}
