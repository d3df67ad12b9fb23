import type { SimulatorControl } from '@crosstie/github-simulator';

import { searchForCanaries } from '../canaries/search.js';
import { repository } from '../world.js';
import type { Evidence } from './evidence.js';
import type { StormHouse } from './house.js';
import type { Handout } from './runner-record.js';
import type { Broken } from './push-invariants.js';
import { sourceCanary, type Traffic } from './traffic.js';

const base = `/api/v4/projects/${encodeURIComponent(repository)}`;
const tokensTried = 5;

/** A stored log, as a person downloads it. */
export async function readLog({ servers, kim }: StormHouse, jobId: number): Promise<Buffer> {
  const answer = await askAs(kim.token, `${servers.url}${base}/jobs/${jobId}/trace`);
  if (answer.status !== 200) throw new Error(`the log of job ${jobId}: ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

/** I8: a job's tokens end with it. */
export async function checkTokens({ servers, github }: StormHouse, { handouts }: Evidence): Promise<Broken[]> {
  const broken: Broken[] = [];
  const all = [...handouts.values()].flat();
  for (const { jobId, token } of all.slice(-tokensTried)) {
    const { status } = await fetch(`${servers.url}/api/v4/jobs/${jobId}`, {
      method: 'PUT',
      headers: { 'job-token': token, 'content-type': 'application/json' },
      body: JSON.stringify({ token, state: 'running' }),
    });
    if (status !== 403 && status !== 429) broken.push({ id: 'I8', what: `the token of job ${jobId}: ${status}` });
  }
  const left = await cloneTokensAlive(github, all);
  if (left > 0) broken.push({ id: 'I8', what: `GitHub still takes ${left} tokens that jobs cloned with` });
  return broken;
}

/** How many of the tokens that runners cloned with GitHub still takes. */
export async function cloneTokensAlive(github: SimulatorControl, handouts: readonly Handout[]): Promise<number> {
  const alive = new Set((await github.secrets()).filter(({ live }) => live).map(({ value }) => value));
  return new Set(handouts.map(({ cloneToken }) => cloneToken).filter((token) => alive.has(token))).size;
}

/** I9 and I10: nobody lost their link, and nothing secret lies about. */
export async function checkSecrets(house: StormHouse, { handouts }: Evidence): Promise<Broken[]> {
  const lost = await house.rows<{ login: string; state: string }>(
    "SELECT login, state FROM identity WHERE state <> 'linked'",
  );
  const secrets = (await house.github.secrets()).map(({ kind, value }) => ({ name: kind, text: value }));
  const given = [...handouts.values()].flat().flatMap(({ token, cloneToken }) => [
    { name: 'job token', text: token },
    { name: 'clone token', text: cloneToken },
  ]);
  const people = house.secretsOfPeople.map((text) => ({ name: 'token of a person or runner', text }));
  const canaries = [{ name: 'source', text: sourceCanary }, ...secrets, ...given, ...people];
  const texts = Object.fromEntries(house.servers.processes.map((one) => [`log of ${one.name}`, one.output()]));
  const { hits } = await searchForCanaries(canaries, {
    databaseUrl: house.database.url,
    directories: [house.servers.objects, ...house.servers.stores],
    texts,
  });
  return [
    ...lost.map(({ login, state }) => ({ id: 'I9', what: `${login} is ${state}` })),
    ...hits.map(({ canary, form, where }) => ({ id: 'I10', what: `${canary} (${form}) lies in ${where}` })),
  ];
}

/** I11 to I13: nothing is left undone, no act is in the audit that nobody did, nothing died by itself. */
export async function checkHouse(house: StormHouse, { buttons }: Traffic): Promise<Broken[]> {
  const left = await leftUndone(house);
  const [audit] = await house.rows<{ acts: number }>(
    "SELECT count(*)::int AS acts FROM audit_event WHERE action IN ('pipeline.canceled', 'pipeline.retried')",
  );
  const broken: Broken[] = [];
  if (left !== null) broken.push({ id: 'I11', what: left });
  for (const { error } of await house.rows<{ error: string }>('SELECT error FROM dead_letter')) {
    broken.push({ id: 'I11', what: `a dead letter: ${error.slice(0, 300)}` });
  }
  if ((audit?.acts ?? 0) > buttons.pressed) {
    broken.push({ id: 'I12', what: `${audit?.acts} acts are in the audit, ${buttons.pressed} buttons were pressed` });
  }
  for (const one of house.processes) {
    for (const what of one.unexplained) broken.push({ id: 'I13', what });
    for (const [line] of one.output().matchAll(/^.*that nobody (?:caught|handled).*$/gm)) {
      broken.push({ id: 'I13', what: line.slice(0, 500) });
    }
  }
  return broken;
}

/** What still has to be done, in words; null: nothing. */
export async function leftUndone(house: StormHouse): Promise<string | null> {
  const [left] = await house.rows<Record<string, number>>(`
    SELECT (SELECT count(*)::int FROM outbox_event WHERE published_at IS NULL) AS "events untold",
           (SELECT count(*)::int FROM event_attempt) AS "events unhandled",
           (SELECT count(*)::int FROM webhook_delivery WHERE state IN ('received', 'waiting')) AS "deliveries undecided",
           (SELECT count(*)::int FROM commit_status WHERE sent_version < version) AS "statuses unsent",
           (SELECT count(*)::int FROM queue_entry) AS "jobs queued",
           (SELECT count(*)::int FROM job WHERE status IN ('pending', 'running', 'canceling')) AS "jobs running",
           (SELECT count(*)::int FROM pipeline
             WHERE status NOT IN ('success', 'failed', 'canceled', 'skipped')) AS "pipelines unfinished"`);
  const named = Object.entries(left ?? {}).filter(([, count]) => count > 0);
  return named.length === 0 ? null : named.map(([what, count]) => `${count} ${what}`).join(', ');
}

function askAs(token: string, url: string): Promise<Response> {
  return fetch(url, { headers: { 'private-token': token } });
}
