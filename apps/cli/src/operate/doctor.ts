import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { type Database, GithubApp, migrationsPending } from '@crosstie/domain';
import { type CrosstieConfig, exitOnConfigError, loadConfig, openObjectStore } from '@crosstie/platform';

import { print } from '../admin/output.js';
import { CommandError, exitStatus } from '../exit-status.js';
import { defaultDataDirectory } from '../run/serve.js';
import { withDatabase } from './open-database.js';

interface Finding {
  check: string;
  state: 'ok' | 'warn' | 'fail';
  fact: string;
  /** What to do about it; empty where all is well. */
  fix: string;
}

/** `crosstie doctor`: each line a check, the fact, and the fix. Status 1 when anything fails. */
export async function doctor(options: { data?: string; json?: boolean }): Promise<number> {
  const data = resolve(options.data ?? defaultDataDirectory());
  const config = exitOnConfigError(() =>
    loadConfig(process.env, { objectStore: pathToFileURL(join(data, 'objects')).href }),
  );
  const findings = [
    ok('configuration', 'every variable that is set can be read'),
    ...(await examine(options.data, config)),
  ];
  print(
    findings.map((finding) => ({ ...finding })),
    options.json ?? false,
  );
  return findings.some(({ state }) => state === 'fail') ? exitStatus.no : exitStatus.done;
}

async function examine(data: string | undefined, config: CrosstieConfig): Promise<Finding[]> {
  const outside = [await objectStore(config), await github(config)];
  try {
    const inside = await withDatabase(data, async (db) => [
      await migrated(db),
      await app(db, config),
      ...(await backlog(db)),
      await runners(db),
    ]);
    return [...inside, ...outside];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [fail('database', error.message, 'start the server, or correct CROSSTIE_DATABASE_URL'), ...outside];
  }
}

async function migrated(db: Database): Promise<Finding> {
  const pending = await migrationsPending(db.dataSource);
  return pending
    ? fail('database', 'reachable, migrations are missing', 'crosstie migrate')
    : ok('database', 'reachable and up to date');
}

async function app(db: Database, config: CrosstieConfig): Promise<Finding> {
  const { host } = config.github;
  const known = await db.dataSource.getRepository(GithubApp).findOneBy({ host });
  return known
    ? ok('GitHub App', `${known.slug} (${known.appId}) on ${host}`)
    : warn('GitHub App', `none on ${host} yet`, `open ${config.url}/auth/setup/app as an administrator`);
}

/** What should have moved by now and has not. */
async function backlog(db: Database): Promise<Finding[]> {
  const [counts] = await db.dataSource.query<
    Record<'outbox' | 'dead' | 'deliveries' | 'statuses' | 'leases', number>[]
  >(
    `SELECT (SELECT count(*) FROM outbox_event
              WHERE published_at IS NULL AND created_at < now() - interval '1 minute') AS outbox,
            (SELECT count(*) FROM dead_letter WHERE replayed_at IS NULL) AS dead,
            (SELECT count(*) FROM webhook_delivery
              WHERE state IN ('received', 'waiting') AND received_at < now() - interval '2 minutes') AS deliveries,
            (SELECT count(*) FROM commit_status
              WHERE sent_version < version AND refused_at IS NULL AND updated_at < now() - interval '5 minutes') AS statuses,
            (SELECT count(*) FROM token_lease
              WHERE retired_at < now() - interval '10 minutes' AND revoked_at IS NULL AND expires_at > now()) AS leases`,
  );
  const none = (check: string, count: number, what: string, fix: string): Finding =>
    count === 0 ? ok(check, `no ${what}`) : warn(check, `${count} ${what}`, fix);
  return [
    none('outbox', counts?.outbox ?? 0, 'events untold for a minute', 'is the bus up? See the log of the services'),
    none('dead letters', counts?.dead ?? 0, 'events that nobody could handle', 'see /api/crosstie/v1/dead-letters'),
    none('deliveries', counts?.deliveries ?? 0, 'deliveries undecided for two minutes', 'crosstie admin delivery list'),
    none('statuses', counts?.statuses ?? 0, 'verdicts that GitHub does not have yet', 'is GitHub reachable?'),
    none('leases', counts?.leases ?? 0, 'retired tokens that GitHub still honours', 'they end by themselves'),
  ];
}

async function runners(db: Database): Promise<Finding> {
  const [row] = await db.dataSource.query<{ online: number; known: number }[]>(
    `SELECT count(*) AS known,
            count(*) FILTER (WHERE EXISTS (SELECT 1 FROM runner_manager m WHERE m.runner_id = r.id
              AND m.contacted_at > now() - interval '2 hours')) AS online FROM runner r`,
  );
  const fact = `${row?.online ?? 0} of ${row?.known ?? 0} have been here in the last two hours`;
  return row && row.online > 0 ? ok('runners', fact) : warn('runners', fact, 'crosstie admin runner create');
}

async function objectStore(config: CrosstieConfig): Promise<Finding> {
  try {
    const store = await openObjectStore(config.objectStore);
    await store.check();
    return ok('object store', 'can be written and read');
  } catch (error) {
    return fail('object store', messageOf(error), 'correct CROSSTIE_OBJECT_STORE, or the rights on the directory');
  }
}

async function github(config: CrosstieConfig): Promise<Finding> {
  const url = config.github.apiUrl;
  try {
    const headers = { 'user-agent': 'crosstie' };
    const answer = await fetch(`${url}/meta`, { headers, signal: AbortSignal.timeout(10_000) });
    await answer.arrayBuffer();
    const skewS = Math.abs(new Date(answer.headers.get('date') ?? '').getTime() - new Date().getTime()) / 1000;
    if (skewS > 30) {
      return fail('GitHub', `${url} answers, its clock is ${Math.round(skewS)} s away`, 'set this machine by NTP');
    }
    return ok('GitHub', `${url} answers, clocks agree`);
  } catch (error) {
    return fail(
      'GitHub',
      `${url} cannot be reached: ${messageOf(error)}`,
      'correct CROSSTIE_GITHUB_API_URL, or the way out',
    );
  }
}

const ok = (check: string, fact: string): Finding => ({ check, state: 'ok', fact, fix: '' });
const warn = (check: string, fact: string, fix: string): Finding => ({ check, state: 'warn', fact, fix });
const fail = (check: string, fact: string, fix: string): Finding => ({ check, state: 'fail', fact, fix });
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown');
