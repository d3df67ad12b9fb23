import { Secret } from '@crosstie/platform';
import { parseExactly } from './exact-json.js';
import { fieldsIn, idIn, listIn, permissionsIn, textIn, timeIn } from './fields.js';
import type { Fields } from './fields.js';
import { GithubError } from './github-error.js';
import type { Caller, GithubHost } from './github-host.js';

export interface NarrowTo {
  readonly repositoryIds: readonly number[];
  readonly permissions: Readonly<Record<string, 'read' | 'write'>>;
}

export interface InstallationToken {
  readonly token: Secret;
  readonly expiresAt: Date;
  /** As GitHub answered them: compare with what was asked. */
  readonly permissions: Readonly<Record<string, string>>;
  readonly repositorySelection: string | null;
  readonly repositoryIds: readonly number[];
}

export interface LoggedDelivery {
  /** More than a number can hold. */
  readonly id: string;
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly deliveredAt: Date | null;
  readonly redelivery: boolean;
  readonly statusCode: number | null;
  readonly installationId: number | null;
  readonly repositoryId: number | null;
}

export interface LoggedDeliveries {
  readonly deliveries: readonly LoggedDelivery[];
  /** Asks for the next page; null at the end. */
  readonly nextCursor: string | null;
}

export interface DeliveryContents {
  readonly id: string;
  readonly guid: string;
  readonly event: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The payload as text; not the signed bytes, which the log does not keep. */
  readonly payload: string;
}

export interface InstallationInfo {
  readonly id: number;
  readonly accountId: number;
  readonly accountLogin: string;
  readonly accountType: string;
  readonly repositorySelection: string | null;
  readonly permissions: Readonly<Record<string, string>>;
  readonly suspendedAt: Date | null;
}

/** What the App asks in its own name, with its JWT. Each function is one call and throws a GithubError. */
export class AppClient {
  private readonly caller: Caller;

  constructor(
    private readonly host: GithubHost,
    jwt: Secret,
  ) {
    this.caller = { authorization: new Secret(`Bearer ${jwt.reveal()}`), budget: 'app' };
  }

  async mintInstallationToken(installationId: number, narrow: NarrowTo): Promise<InstallationToken> {
    const answer = await this.json(`POST /app/installations/${installationId}/access_tokens`, {
      repository_ids: narrow.repositoryIds,
      permissions: narrow.permissions,
    });
    const token = textIn(answer?.['token']);
    const expiresAt = timeIn(answer?.['expires_at']);
    if (!answer || token === null || expiresAt === null) throw unreadable('an installation token');
    return {
      token: new Secret(token),
      expiresAt,
      permissions: permissionsIn(answer['permissions']),
      repositorySelection: textIn(answer['repository_selection']),
      repositoryIds: listIn(answer['repositories']).flatMap((item) => idIn(fieldsIn(item)?.['id']) ?? []),
    };
  }

  /** Null for an installation that is gone. */
  async installation(installationId: number): Promise<InstallationInfo | null> {
    try {
      return toInstallation(await this.json(`GET /app/installations/${installationId}`));
    } catch (error) {
      if (error instanceof GithubError && error.kind === 'not_found') return null;
      throw error;
    }
  }

  async installations(page = 1): Promise<InstallationInfo[]> {
    const route = 'GET /app/installations';
    const answer = await this.host.json(this.caller, { route, parameters: { per_page: 100, page } });
    return listIn(answer).flatMap((item) => toInstallation(fieldsIn(item)) ?? []);
  }

  /** The delivery log, newest first. */
  async deliveries(cursor: string | null = null): Promise<LoggedDeliveries> {
    const route = 'GET /app/hook/deliveries';
    const parameters = { per_page: 100, ...(cursor !== null && { cursor }) };
    const { headers, body } = await this.host.call(this.caller, { route, parameters });
    const items = listIn(parse(body));
    const nextCursor = cursorIn(headers.get('link'));
    return { deliveries: items.flatMap((item) => toDelivery(fieldsIn(item)) ?? []), nextCursor };
  }

  async delivery(id: string): Promise<DeliveryContents | null> {
    const answer = await this.json(`GET /app/hook/deliveries/${encodeURIComponent(id)}`);
    const request = fieldsIn(answer?.['request']);
    const listed = toDelivery(answer);
    if (!listed || !request) return null;
    const payload = request['payload'];
    return {
      id: listed.id,
      guid: listed.guid,
      event: listed.event,
      headers: permissionsIn(request['headers']),
      payload: typeof payload === 'string' ? payload : JSON.stringify(payload ?? null),
    };
  }

  async redeliver(id: string): Promise<void> {
    await this.json(`POST /app/hook/deliveries/${encodeURIComponent(id)}/attempts`);
  }

  private async json(route: string, parameters: Fields = {}): Promise<Fields | null> {
    return fieldsIn(await this.host.json(this.caller, { route, parameters }));
  }
}

function unreadable(what: string): GithubError {
  return new GithubError(`GitHub's answer does not hold ${what}`, { status: 200, kind: 'unavailable' });
}

function parse(body: Buffer): unknown {
  try {
    return parseExactly(body.toString('utf8'));
  } catch {
    throw unreadable('a list of deliveries');
  }
}

function cursorIn(link: string | null): string | null {
  const next = /<([^>]+)>;\s*rel="next"/.exec(link ?? '')?.[1];
  return next && URL.canParse(next) ? new URL(next).searchParams.get('cursor') : null;
}

function toDelivery(item: Fields | null): LoggedDelivery | null {
  const guid = textIn(item?.['guid']);
  const id = item?.['id'];
  if (!item || guid === null || (typeof id !== 'number' && typeof id !== 'string')) return null;
  return {
    id: String(id),
    guid,
    event: textIn(item['event']) ?? '',
    action: textIn(item['action']),
    deliveredAt: timeIn(item['delivered_at']),
    redelivery: item['redelivery'] === true,
    statusCode: idIn(item['status_code']),
    installationId: idIn(item['installation_id']),
    repositoryId: idIn(item['repository_id']),
  };
}

function toInstallation(item: Fields | null): InstallationInfo | null {
  const id = idIn(item?.['id']);
  const account = fieldsIn(item?.['account']);
  const accountId = idIn(account?.['id']);
  if (!item || id === null || accountId === null) return null;
  return {
    id,
    accountId,
    accountLogin: textIn(account?.['login']) ?? '',
    accountType: textIn(account?.['type']) ?? textIn(item['target_type']) ?? '',
    repositorySelection: textIn(item['repository_selection']),
    permissions: permissionsIn(item['permissions']),
    suspendedAt: timeIn(item['suspended_at']),
  };
}
