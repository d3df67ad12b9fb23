import type { Switches } from '../state/switches.js';
import type { NarrowedKind } from '../state/wide.js';
import type { Permissions, Role } from '../state/model.js';
import type * as wire from './wire.js';

/** A control call was refused; the message says why. */
export class ControlError extends Error {}

interface AppChange {
  hookUrl?: string;
  hookActive?: boolean;
  webhookSecret?: string;
  callbackUrls?: string[];
  permissions?: Permissions;
  events?: string[];
  expireUserTokens?: boolean;
}

/** The control API of a running simulator, typed. Plain `fetch`: works in any process. */
export class SimulatorControl {
  constructor(readonly url: string) {}

  createUser(user: wire.NewUser): Promise<wire.CreatedUser> {
    return this.ask('POST', '/users', user);
  }

  async renameUser(login: string, to: string): Promise<void> {
    await this.ask('PATCH', `/users/${encodeURIComponent(login)}`, { login: to });
  }

  /** As a person does in their settings: every token of theirs for the App ends, and the App hears of it. */
  async revokeAuthorization(login: string, appSlug: string): Promise<void> {
    await this.ask('DELETE', `/users/${encodeURIComponent(login)}/authorizations/${appSlug}`);
  }

  createOrganization(organization: wire.NewOrganization): Promise<wire.CreatedOrganization> {
    return this.ask('POST', '/organizations', organization);
  }

  async setMember(organization: string, login: string, role: 'admin' | 'member' | null): Promise<void> {
    await this.ask('PUT', `/organizations/${organization}/members/${login}`, { role });
  }

  createRepository(repository: wire.NewRepository): Promise<wire.CreatedRepository> {
    return this.ask('POST', '/repositories', repository);
  }

  async addCollaborator(fullName: string, login: string, role: Role): Promise<void> {
    await this.ask('PUT', `/repos/${fullName}/collaborators/${login}`, { role });
  }

  async removeCollaborator(fullName: string, login: string): Promise<void> {
    await this.ask('PUT', `/repos/${fullName}/collaborators/${login}`, { role: null });
  }

  /** Renames, transfers, archives or changes the visibility of a repository, with GitHub's events. */
  async changeRepository(
    fullName: string,
    change: { name?: string; owner?: string; private?: boolean; archived?: boolean; sender?: string },
  ): Promise<{ id: number; fullName: string }> {
    return this.ask('PATCH', `/repos/${fullName}`, change);
  }

  async deleteRepository(fullName: string): Promise<void> {
    await this.ask('DELETE', `/repos/${fullName}`);
  }

  createApp(app: wire.NewApp): Promise<wire.CreatedApp> {
    return this.ask('POST', '/apps', app);
  }

  app(slug: string): Promise<wire.CreatedApp> {
    return this.ask('GET', `/apps/${slug}`);
  }

  changeApp(slug: string, change: AppChange): Promise<wire.CreatedApp> {
    return this.ask('PATCH', `/apps/${slug}`, change);
  }

  createOauthApp(app: wire.NewOauthApp): Promise<wire.CreatedOauthApp> {
    return this.ask('POST', '/oauth-apps', app);
  }

  install(installation: wire.NewInstallation): Promise<wire.InstallationState> {
    return this.ask('POST', '/installations', installation);
  }

  installations(): Promise<wire.InstallationState[]> {
    return this.ask('GET', '/installations');
  }

  suspend(installationId: number): Promise<wire.InstallationState> {
    return this.changeInstallation(installationId, { action: 'suspend' });
  }

  unsuspend(installationId: number): Promise<wire.InstallationState> {
    return this.changeInstallation(installationId, { action: 'unsuspend' });
  }

  uninstall(installationId: number): Promise<wire.InstallationState> {
    return this.changeInstallation(installationId, { action: 'uninstall' });
  }

  /** The owner accepts the permissions and events that the App asks for by now. */
  acceptPermissions(installationId: number): Promise<wire.InstallationState> {
    return this.changeInstallation(installationId, { action: 'accept_permissions' });
  }

  /** `repositories`: names below the installation's account. */
  addRepositories(installationId: number, repositories: string[]): Promise<wire.InstallationState> {
    return this.changeInstallation(installationId, { action: 'add_repositories', repositories });
  }

  removeRepositories(installationId: number, repositories: string[]): Promise<wire.InstallationState> {
    return this.changeInstallation(installationId, { action: 'remove_repositories', repositories });
  }

  private changeInstallation(id: number, change: Record<string, unknown>): Promise<wire.InstallationState> {
    return this.ask('PATCH', `/installations/${id}`, change);
  }

  /** Makes commits without git and delivers the `push`; ends when the delivery is on its way. */
  push(fullName: string, push: wire.NewPush): Promise<wire.PushResult> {
    return this.ask('POST', `/repos/${fullName}/push`, push);
  }

  /** The payload that a push of this would have, without any push; `deliver` it to forge one. */
  pushPayload(fullName: string, push: wire.ForgedPush): Promise<Record<string, unknown>> {
    return this.ask('POST', `/repos/${fullName}/push-payload`, push);
  }

  setRef(fullName: string, ref: wire.NewRef): Promise<wire.PushResult> {
    return this.ask('POST', `/repos/${fullName}/refs`, ref);
  }

  /** Full ref to object id. */
  refs(fullName: string): Promise<Record<string, string>> {
    return this.ask('GET', `/repos/${fullName}/refs`);
  }

  /** For so long after each later push its commits answer 404 and 422. */
  async lag(fullName: string, lag: wire.Lag): Promise<void> {
    await this.ask('PUT', `/repos/${fullName}/lag`, lag);
  }

  /** Statuses as they were received, oldest first. */
  statuses(fullName: string, sha?: string): Promise<wire.ReceivedStatus[]> {
    return this.ask('GET', `/repos/${fullName}/statuses${sha === undefined ? '' : `?sha=${sha}`}`);
  }

  /** Sends a hand-made delivery and waits for its answer. */
  deliver(
    delivery: wire.RawDelivery,
  ): Promise<{ sent: boolean; id?: string; guid?: string; statusCode?: number; responseBody?: string }> {
    return this.ask('POST', '/deliveries', delivery);
  }

  deliveries(filter: { event?: string; guid?: string } = {}): Promise<wire.SentDelivery[]> {
    return this.ask('GET', `/deliveries?${query(filter)}`);
  }

  /** Ends when no delivery is under way; lets go of those that are held back. */
  async settled(): Promise<void> {
    await this.ask('POST', '/deliveries/settle', {});
  }

  redeliver(id: string): Promise<wire.SentDelivery> {
    return this.ask('POST', `/deliveries/${id}/redeliver`, {});
  }

  received(
    filter: { since?: number; method?: string; route?: string; path?: string } = {},
  ): Promise<wire.ReceivedRequest[]> {
    return this.ask('GET', `/received?${query(filter)}`);
  }

  contractViolations(): Promise<wire.ContractViolation[]> {
    return this.ask('GET', '/contract-violations');
  }

  async clearReceived(): Promise<void> {
    await this.ask('DELETE', '/received');
  }

  /** Ends a token at once, as GitHub does with one that it finds in a public place. */
  async endToken(value: string): Promise<void> {
    await this.ask('POST', '/tokens/end', { value });
  }

  secrets(): Promise<wire.IssuedSecret[]> {
    return this.ask('GET', '/secrets');
  }

  async fault(fault: wire.RequestFault): Promise<number> {
    const { id } = await this.ask<{ id: number }>('POST', '/faults', fault);
    return id;
  }

  async removeFault(id: number): Promise<void> {
    await this.ask('DELETE', `/faults/${id}`);
  }

  /** Ends all faults of requests and deliveries, the delay of all answers, and wide tokens. */
  async clearFaults(): Promise<void> {
    await this.ask('DELETE', '/faults');
  }

  async deliveryFault(rule: wire.DeliveryFaultRule): Promise<void> {
    await this.ask('POST', '/delivery-faults', rule);
  }

  /** The next so many tokens of this kind come out as wide as their source, whatever was asked for. */
  async widenTokens(kind: NarrowedKind, times = 1): Promise<void> {
    await this.ask('POST', '/wide-tokens', { kind, times });
  }

  async delayEverything(ms: number): Promise<void> {
    await this.ask('PUT', '/delay', { ms });
  }

  /** `budget`: `installation`, `user`, `app`, `oauth`, or one of them with an id, `installation:7`. */
  async rateLimit(budget: string, perHour: number): Promise<void> {
    await this.ask('PUT', `/rate-limits/${budget}`, { perHour });
  }

  async resetRateLimits(): Promise<void> {
    await this.ask('DELETE', '/rate-limits');
  }

  async now(): Promise<number> {
    return (await this.ask<{ nowMs: number }>('GET', '/clock')).nowMs;
  }

  async advanceClock(ms: number): Promise<void> {
    await this.ask('POST', '/clock/advance', { ms });
  }

  /** Reads the switches, after changing those that are named. */
  switches(change: Partial<Switches> = {}): Promise<Switches> {
    return this.ask('PATCH', '/switches', change);
  }

  /**
   * Follows an authorize address (as a product redirects to it) as a signed-in person who agrees;
   * gives the address that GitHub sends the browser back to.
   */
  async approve(authorizeUrl: string, login: string): Promise<string> {
    const url = new URL(authorizeUrl);
    url.searchParams.set('login_as', login);
    const answer = await fetch(url, { redirect: 'manual' });
    const location = answer.headers.get('location');
    if (answer.status !== 302 || location === null) throw new ControlError(`Authorize answered ${answer.status}`);
    return location;
  }

  private async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.url}/_control${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new ControlError(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}

function query(filter: Record<string, string | number | undefined>): string {
  const set = Object.entries(filter).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return new URLSearchParams(set as [string, string][]).toString();
}
