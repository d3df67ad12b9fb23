import { claimStatus, sendStatusAgain, statusSent } from '@crosstie/domain';
import type { Project } from '@crosstie/domain';
import type { EventType, NewEvent } from '@crosstie/messaging';
import { makeWorld, until } from '@crosstie/testkit';
import { startStage } from '@crosstie/testkit/stage';
import type { Stage } from '@crosstie/testkit/stage';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

const repository = 'acme/widget';
const statusRoute = '/repos/{owner}/{repo}/statuses/{sha}';

let stage: Stage;
let project: Project;
let pushes = 0;

beforeAll(async () => {
  stage = await startStage();
  await makeWorld(stage.github);
  await stage.setUp('kim', 'acme');
  project = await stage.project(repository);
}, 60_000);
afterAll(() => stage.stop());
// A minute later, so that the write budget of the test before is not missing here.
beforeEach(() => stage.clock.advance(60_000));
afterEach(() => stage.github.clearFaults());

/** A commit that GitHub knows and that no delivery told of. */
async function commit(): Promise<string> {
  const files = { 'n.txt': String(++pushes) };
  return (await stage.github.push(repository, { pusher: 'dana', files, deliver: false })).after;
}

/** What the orchestrator would write and tell. */
async function pipeline(sha: string, status = 'pending'): Promise<number> {
  const { rows } = await stage.context.database.pool.query(
    `WITH p AS (UPDATE project SET last_iid = last_iid + 1 WHERE id = $1 RETURNING last_iid)
     INSERT INTO pipeline (iid, project_id, sha, before_sha, ref, status)
     SELECT p.last_iid, $1, $2, repeat('0', 40), 'refs/heads/main', $3 FROM p RETURNING id`,
    [project.id, sha, status],
  );
  await tell('pipeline.created', rows[0].id, status);
  return rows[0].id;
}

async function move(id: number, status: string, more: { told?: boolean; reason?: string; message?: string } = {}) {
  await stage.context.database.pool.query(
    `UPDATE pipeline SET status = $2, failure_reason = $3, failure_message = $4, updated_at = now(), version = version + 1,
            started_at = CASE WHEN $2 = 'running' THEN coalesce(started_at, now()) ELSE started_at END
      WHERE id = $1`,
    [id, status, more.reason ?? null, more.message ?? null],
  );
  if (more.told !== false) await tell('pipeline.changed', id, status);
}

async function tell(type: EventType, pipelineId: number, status: string): Promise<void> {
  const { database, outbox } = stage.context;
  const event = { type, payload: { pipelineId, projectId: project.id, status } } as NewEvent;
  outbox.publish(await database.transaction((tx) => outbox.append(tx, [event])));
}

async function shown(sha: string): Promise<string[]> {
  const received = await stage.github.statuses(repository, sha);
  return received.map(({ state, description }) => `${state}: ${description?.replace(/#\d+/, '#n')}`);
}

/** Waits until the last status that GitHub received is this one. */
function arrives(sha: string, last: string): Promise<string[]> {
  return until(async () => {
    const all = await shown(sha);
    return all.at(-1) === last && all;
  }, `${last} on ${sha}`);
}

const waits = 'pending: Pipeline #n waits for a runner.';
const runs = 'pending: Pipeline #n is running.';
const passed = 'success: Pipeline #n passed.';

describe('the statuses that GitHub receives', () => {
  it('of a good push: at once, when the first job starts, and at the end', async () => {
    const sha = await commit();
    const id = await pipeline(sha);
    await arrives(sha, waits);
    await move(id, 'running');
    await arrives(sha, runs);
    await move(id, 'success');
    expect(await arrives(sha, passed)).toEqual([waits, runs, passed]);
    const [first] = await stage.github.statuses(repository, sha);
    expect(first).toMatchObject({ context: 'crosstie', targetUrl: `${stage.url}/acme/widget/-/pipelines/${id}` });
  });

  it('of a failing push: the job that failed is named', async () => {
    const sha = await commit();
    const id = await pipeline(sha);
    await arrives(sha, waits);
    await stage.context.database.pool.query(
      `INSERT INTO job (pipeline_id, project_id, index, name, stage, stage_index, status, allow_failure)
       VALUES ($1, $2, 0, 'unit', 'test', 0, 'failed', false), ($1, $2, 1, 'maybe', 'test', 0, 'failed', true)`,
      [id, project.id],
    );
    await move(id, 'failed');
    expect(await arrives(sha, 'failure: Pipeline #n failed: unit.')).toHaveLength(2);
  });

  it('of a refused push and of its retry by somebody who may', async () => {
    const sha = await commit();
    const id = await pipeline(sha, 'failed');
    const message = 'Erin is not linked to a Crosstie account: sign in and link it, or let a Developer retry.';
    await move(id, 'failed', { reason: 'sender_not_linked', message });
    await arrives(sha, `failure: ${message}`);
    await move(id, 'pending');
    await arrives(sha, waits);
    await move(id, 'running');
    await arrives(sha, runs);
    await move(id, 'success');
    const all = await arrives(sha, passed);
    expect(all.slice(-4)).toEqual([`failure: ${message}`, waits, runs, passed]);
  });

  it('of two pipelines on one commit: the newer one speaks, whatever the older one does', async () => {
    const sha = await commit();
    const older = await pipeline(sha);
    await arrives(sha, waits);
    const newer = await pipeline(sha);
    await move(newer, 'success');
    await arrives(sha, passed);
    await move(older, 'failed');
    const other = await commit();
    const after = await pipeline(other);
    await move(after, 'success');
    await arrives(other, passed);
    expect((await shown(sha)).at(-1)).toBe(passed);
    expect(await stage.github.statuses(repository, sha)).not.toContainEqual(
      expect.objectContaining({ state: 'failure' }),
    );
  });
});

describe('when GitHub or the way to it is unwell', () => {
  it('[F36] a post whose answer was lost is posted again, and nothing older follows', async () => {
    const sha = await commit();
    const id = await pipeline(sha);
    await arrives(sha, waits);
    await stage.github.fault({ route: statusRoute, method: 'POST', path: sha, lostAnswer: true });
    await move(id, 'success');
    await until(async () => (await shown(sha)).length === 3, 'the second post');
    expect(await shown(sha)).toEqual([waits, passed, passed]);
    await until(async () => (await row(sha)).sent_version === (await row(sha)).version, 'the confirmation');
  });

  it('the final state is tried until GitHub has it', async () => {
    const sha = await commit();
    const id = await pipeline(sha);
    await arrives(sha, waits);
    await stage.github.fault({ route: statusRoute, method: 'POST', path: sha, status: 503, times: 2 });
    await move(id, 'success');
    expect(await arrives(sha, passed)).toEqual([waits, passed]);
  });

  it('a commit that GitHub does not know yet gets its status when it does', async () => {
    await stage.github.lag(repository, { ms: 1_500 });
    const sha = await commit();
    await stage.github.lag(repository, { ms: 0 });
    await stage.github.fault({
      route: statusRoute,
      method: 'POST',
      path: sha,
      status: 422,
      message: `No commit found for SHA: ${sha}`,
    });
    const id = await pipeline(sha);
    await move(id, 'success');
    expect((await arrives(sha, passed)).at(-1)).toBe(passed);
  });

  it('GitHub is left alone for as long as it asks, then gets the newest state alone', async () => {
    const sha = await commit();
    await stage.github.fault({
      route: statusRoute,
      method: 'POST',
      path: sha,
      status: 403,
      message: 'You have exceeded a secondary rate limit.',
      retryAfter: 120,
    });
    const id = await pipeline(sha);
    const posts = () => stage.github.received({ method: 'POST', route: statusRoute, path: sha });
    await until(async () => (await posts()).length === 1, 'the refused post');
    await move(id, 'running');
    await move(id, 'success');
    await until(async () => (await row(sha)).wanted_state === 'success', 'the wanted state');
    stage.clock.advance(60_000);
    expect(await posts()).toHaveLength(1);
    stage.clock.advance(61_000);
    expect(await arrives(sha, passed)).toEqual([passed]);
  });

  it('a slow post is not overtaken: one at a time for each context, and states in between are dropped', async () => {
    const sha = await commit();
    await stage.github.fault({ route: statusRoute, method: 'POST', path: sha, delayMs: 700 });
    const id = await pipeline(sha);
    await until(async () => Boolean((await row(sha)).sending_until), 'the first post under way');
    await move(id, 'running');
    await move(id, 'success');
    expect(await arrives(sha, passed)).toEqual([waits, passed]);
    const posts = await stage.github.received({ method: 'POST', route: statusRoute, path: sha });
    const spans = posts.map(({ startedNs, finishedNs }) => [BigInt(startedNs), BigInt(finishedNs ?? '0')] as const);
    for (const [n, [start]] of spans.entries()) {
      const before = spans[n - 1];
      if (before) expect(start > before[1]).toBe(true);
    }
  });

  it('events that the bus lost are made up for by the rows', async () => {
    const sha = await commit();
    const id = await pipeline(sha);
    await arrives(sha, waits);
    await move(id, 'success', { told: false });
    stage.clock.advance(10_000);
    expect(await arrives(sha, passed)).toEqual([waits, passed]);
  }, 45_000);
});

describe('what is sent first', () => {
  it('final states, then what GitHub knows nothing of; and a sender that lost its claim has the newest sent again', async () => {
    const { database } = stage.context;
    const installation = 987_654;
    const make = async (sha: string, isFinal: boolean, sentVersion: number): Promise<number> => {
      const { rows } = await database.pool.query(
        `INSERT INTO commit_status (project_id, installation_id, sha, context, pipeline_id, version, sent_version,
                                    wanted_state, wanted_description, target_url, final, next_attempt_at)
         VALUES ($1, $2, $3, 'order', 1, 2, $4, 'pending', 'x', 'x', $5, '3000-01-01') RETURNING id`,
        [project.id, installation, sha, sentVersion, isFinal],
      );
      return rows[0].id;
    };
    const update = await make('1'.repeat(40), false, 1);
    const first = await make('2'.repeat(40), false, 0);
    const last = await make('3'.repeat(40), true, 1);
    const now = new Date('3000-01-02');
    const until = new Date('3000-01-03');
    const claim = async (at: Date) => database.first(claimStatus, at, installation, until);
    const order = [await claim(now), await claim(now), await claim(now), await claim(now)];
    expect(order.map((status) => status?.id ?? null)).toEqual([last, first, update, null]);

    // A pause longer than the claim: somebody else takes it up and sends it, then the first one wakes.
    const again = await claim(new Date('3000-01-04'));
    expect(again?.id).toBe(last);
    expect(await database.first(statusSent, last, again?.claim ?? 0, 2, 'success', now)).not.toBeNull();
    expect(await database.first(statusSent, last, order[0]?.claim ?? 0, 2, 'success', now)).toBeNull();
    await database.run(sendStatusAgain, last, now);
    expect((await claim(new Date('3000-01-04')))?.id).toBe(last);
  });
});

describe('the writes that GitHub allows an installation', () => {
  it('are twenty at once and one a second, however many processes post', async () => {
    const { database } = stage.context;
    const installation = 987_655;
    await database.pool.query(
      `INSERT INTO commit_status (project_id, installation_id, sha, context, pipeline_id, wanted_state, wanted_description,
                                  target_url, final, next_attempt_at)
       SELECT $1, $2, lpad(n::text, 40, '0'), 'budget', 1, 'pending', 'x', 'x', false, '3000-01-01'
         FROM generate_series(1, 40) AS n`,
      [project.id, installation],
    );
    const until = new Date('3000-01-03');
    const claimed = async (at: Date): Promise<number> => {
      // As several processes claim: all at the same moment.
      const claims = Array.from({ length: 30 }, () => database.first(claimStatus, at, installation, until));
      return (await Promise.all(claims)).filter((status) => status !== null).length;
    };
    const now = new Date('3000-01-02T00:00:00Z');
    expect(await claimed(now)).toBe(20);
    expect(await claimed(now)).toBe(0);
    expect(await claimed(new Date(now.getTime() + 5_000))).toBe(5);
    // A process whose clock is behind does not get them a second time.
    expect(await claimed(now)).toBe(0);
  });
});

async function row(sha: string) {
  const sql = "SELECT * FROM commit_status WHERE sha = $1 AND context = 'crosstie'";
  return (await stage.context.database.pool.query(sql, [sha])).rows[0] ?? {};
}
