import { Injectable } from '@nestjs/common';
import {
  Database,
  describeProject,
  findInstallation,
  recordAudit,
  removeInstallation,
  renameAccount,
  saveInstallation,
  saveProjects,
  settleDelivery,
  type StoredDelivery,
  tellProjects,
  type ToldProject,
  type Transaction,
  withdrawProjects,
} from '@crosstie/domain';
import {
  parseInstallation,
  parseInstallationRepositories,
  parseInstallationTarget,
  parseRepository,
  type InstallationEvent,
  type PayloadInstallation,
  type PayloadRepositoryName,
} from '@crosstie/github';
import { Outbox } from '@crosstie/messaging';
import { Clock } from '@crosstie/platform';

import { unpackBody } from './read-body.js';

interface Change {
  readonly tx: Transaction;
  readonly host: string;
  readonly body: Buffer;
  readonly at: Date;
}

/** What a change has told of projects; null when the body is not what its event says. */
type Told = Promise<readonly ToldProject[] | null>;

/**
 * Keeps installations and projects as GitHub tells them. Every change of a delivery and its outcome
 * are one transaction; deliveries may come late or twice, and GitHub's own time decides.
 */
@Injectable()
export class Installations {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /** Takes in one delivery about an installation, its account or a repository. */
  async take(delivery: StoredDelivery): Promise<void> {
    const body = await unpackBody(delivery.body);
    const told = await this.database.transaction(async (tx) => {
      const at = this.clock.now();
      const change = await apply(delivery.event, { tx, host: delivery.host, body, at });
      await tx.run(settleDelivery, delivery.id, change ? null : 'malformed', null, null, at);
      return change ?? [];
    });
    this.outbox.publish(told);
  }
}

function apply(event: string, change: Change): Told {
  switch (event) {
    case 'installation':
      return installationChanged(change);
    case 'installation_repositories':
      return repositoriesChanged(change);
    case 'installation_target':
      return accountRenamed(change);
    default:
      return repositoryChanged(change);
  }
}

const auditedAs: Readonly<Record<string, string>> = {
  created: 'app.installed',
  deleted: 'app.removed',
  suspend: 'app.suspended',
  unsuspend: 'app.unsuspended',
  new_permissions_accepted: 'app.permissions_changed',
};

/** Somebody did it at GitHub, who may be nobody here. */
async function note(tx: Transaction, entityId: number, event: InstallationEvent): Promise<void> {
  const action = auditedAs[event.action];
  if (action === undefined) return;
  const details = { githubInstallationId: event.installation.id, sender: event.sender?.login ?? null };
  await recordAudit(tx, { actorId: null, action, entityType: 'installation', entityId, details });
}

async function installationChanged({ tx, host, body, at }: Change): Told {
  const event = parseInstallation(body);
  if (!event) return null;
  if (event.action === 'deleted') {
    await save(tx, host, event.installation, at);
    const [removed] = await tx.run(removeInstallation, host, event.installation.id, at);
    if (!removed) return [];
    await note(tx, removed.id, event);
    return tx.run(withdrawProjects, host, removed.id, null, at, true);
  }
  const isNews = await save(tx, host, event.installation, at);
  const known = await tx.first(findInstallation, host, event.installation.id);
  if (!known || known.deleted) return [];
  if (isNews) await note(tx, known.id, event);
  const added = event.action === 'created' ? await add(tx, host, known.id, event.repositories) : [];
  if (event.action === 'suspend' && isNews) return tx.run(withdrawProjects, host, known.id, null, at, false);
  if (event.action === 'unsuspend' && isNews) return tx.run(tellProjects, known.id);
  return added;
}

async function repositoriesChanged({ tx, host, body, at }: Change): Told {
  const event = parseInstallationRepositories(body);
  if (!event) return null;
  await save(tx, host, event.installation, at);
  const known = await tx.first(findInstallation, host, event.installation.id);
  if (!known || known.deleted) return [];
  const added = await add(tx, host, known.id, event.added);
  const ids = event.removed.map((repository) => repository.id);
  const removed = ids.length === 0 ? [] : await tx.run(withdrawProjects, host, known.id, ids, at, true);
  return [...added, ...removed];
}

async function accountRenamed({ tx, host, body }: Change): Told {
  const event = parseInstallationTarget(body);
  if (!event) return null;
  await tx.run(renameAccount, host, event.accountId, event.accountLogin);
  return [];
}

async function repositoryChanged({ tx, host, body }: Change): Told {
  const event = parseRepository(body);
  if (!event) return null;
  const { id, fullName, defaultBranch, isPrivate, isArchived } = event.repository;
  return tx.run(describeProject, host, id, fullName, defaultBranch, isPrivate, isArchived);
}

/** Whether it was news: an older event that comes late changes nothing. */
async function save(tx: Transaction, host: string, installation: PayloadInstallation, at: Date): Promise<boolean> {
  const saved = await tx.run(
    saveInstallation,
    host,
    installation.id,
    installation.accountId,
    installation.accountLogin,
    installation.accountType,
    JSON.stringify(installation.permissions),
    installation.repositorySelection ?? 'selected',
    installation.suspendedAt,
    installation.changedAt ?? at,
  );
  return saved.length > 0;
}

async function add(
  tx: Transaction,
  host: string,
  installationId: number,
  repositories: readonly PayloadRepositoryName[],
): Promise<readonly ToldProject[]> {
  if (repositories.length === 0) return [];
  // A repository named twice would be updated twice in one statement, which PostgreSQL refuses.
  const unique = [...new Map(repositories.map((repository) => [repository.id, repository])).values()];
  return tx.run(
    saveProjects,
    host,
    installationId,
    unique.map((repository) => repository.id),
    unique.map((repository) => repository.fullName),
    unique.map((repository) => repository.isPrivate),
  );
}
