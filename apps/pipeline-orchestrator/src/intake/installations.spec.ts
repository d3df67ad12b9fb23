import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ScriptedRunner, until } from '@crosstie/testkit';

import { ciPath, type PushingStage, repository, startPushingStage, twoStages } from '../testing/pushing-stage.js';

let stage: PushingStage;
let installationId: number;

beforeAll(async () => {
  stage = await startPushingStage();
  const [installation] = await stage.github.installations();
  installationId = installation?.id ?? 0;
}, 60_000);
afterAll(() => stage.stop());

interface ProjectRow {
  full_name: string;
  removed_at: Date | null;
  rights_epoch: number;
  archived: boolean;
  default_branch: string | null;
  private: boolean;
}

async function project(fullName: string): Promise<ProjectRow | undefined> {
  return (await stage.rows<ProjectRow>('SELECT * FROM project WHERE full_name = $1', fullName))[0];
}

function eventually<T>(what: string, check: () => Promise<T | false | undefined | null>): Promise<T> {
  return until(check, what);
}

const queued = (pipelineId: number) =>
  stage.rows('SELECT 1 FROM queue_entry q JOIN job j ON j.id = q.job_id WHERE j.pipeline_id = $1', pipelineId);

const statusOf = async (pipelineId: number) =>
  (await stage.rows<{ status: string }>('SELECT status FROM pipeline WHERE id = $1', pipelineId))[0]?.status;

describe('an installation', () => {
  it('makes each of its repositories a project, known by number', async () => {
    expect(await stage.rows('SELECT full_name, github_repository_id FROM project')).toMatchObject([
      { full_name: repository },
    ]);
    expect(await stage.rows('SELECT account_login, suspended_at FROM installation')).toEqual([
      { account_login: 'acme', suspended_at: null },
    ]);
  });

  it('of all repositories takes in a new one', async () => {
    await stage.github.createRepository({ owner: 'acme', name: 'gadget', files: { [ciPath]: twoStages } });
    await eventually('acme/gadget', () => project('acme/gadget'));
  });

  it('that is suspended parks what waits, and queues it again when it is back', async () => {
    const { id } = await stage.pipelineOf(await stage.push({ 'a.txt': '1' }));
    expect(await queued(id)).toHaveLength(1);
    await stage.github.suspend(installationId);
    await eventually('an empty queue', async () => (await queued(id)).length === 0);
    expect(await statusOf(id)).toBe('pending');
    await stage.github.unsuspend(installationId);
    await eventually('the job to be back', async () => (await queued(id)).length === 1);
    const runner = new ScriptedRunner(stage.url, await stage.runnerToken());
    await runner.runOne();
    await runner.runOne();
    await eventually('the end', async () => (await statusOf(id)) === 'success');
    const audit = `SELECT action, details->>'sender' AS sender FROM audit_event WHERE entity_type = 'installation' ORDER BY id`;
    expect(await stage.rows(audit)).toEqual([
      { action: 'app.installed', sender: 'kim' },
      { action: 'app.suspended', sender: 'kim' },
      { action: 'app.unsuspended', sender: 'kim' },
    ]);
  });

  it('that is suspended makes a refused pipeline of a push that came before GitHub stopped', async () => {
    await stage.pipelineOf(await stage.push({ 'b.txt': '1' }));
    const body = await stage.lastPush();
    await stage.github.suspend(installationId);
    await eventually('the suspension', async () => {
      const rows = await stage.rows('SELECT 1 FROM installation WHERE suspended_at IS NOT NULL');
      return rows.length === 1;
    });
    const { id } = await stage.outcome(await stage.deliver({ ...body, compare: 'late' }));
    expect(await stage.rows('SELECT status, failure_reason FROM pipeline WHERE delivery_id = $1', id)).toEqual([
      { status: 'failed', failure_reason: 'installation_suspended' },
    ]);
    await stage.github.unsuspend(installationId);
    await eventually('the end of it', async () => {
      const rows = await stage.rows('SELECT 1 FROM installation WHERE suspended_at IS NULL');
      return rows.length === 1;
    });
  });

  it('of which an older event comes late stays as it is', async () => {
    const sent = await stage.github.deliveries({ event: 'installation' });
    const created = sent.find(({ action }) => action === 'created')?.payload as {
      installation: Record<string, unknown>;
    };
    const old = { ...created.installation, suspended_at: '2020-01-01T00:00:00Z', updated_at: '2020-01-01T00:00:00Z' };
    const guid = await stage.deliver(
      { ...created, action: 'suspend', installation: old },
      { event: 'installation', guid: crypto.randomUUID() },
    );
    expect(await stage.outcome(guid)).toMatchObject({ state: 'done', reason: null });
    expect(await stage.rows('SELECT suspended_at FROM installation')).toEqual([{ suspended_at: null }]);
  });

  it('whose news have the wrong shape are malformed', async () => {
    const guid = await stage.deliver({ action: 'created', installation: 7 }, { event: 'installation' });
    expect(await stage.outcome(guid)).toMatchObject({ state: 'done', reason: 'malformed' });
  });
});

describe('a repository', () => {
  it('that is renamed stays the same project, found by its number at the next push', async () => {
    await stage.github.changeRepository('acme/gadget', { name: 'gizmo' });
    await stage.github.addCollaborator('acme/gizmo', 'dana', 'write');
    const { after } = await stage.github.push('acme/gizmo', { pusher: 'dana', files: { a: 'b' } });
    expect(await stage.pipelineOf(after)).toMatchObject({ status: 'pending' });
    expect(await project('acme/gizmo')).toMatchObject({ default_branch: 'main' });
    expect(await project('acme/gadget')).toBeUndefined();
  });

  it('that leaves the installation ends its pipelines and raises the epoch', async () => {
    const { after } = await stage.github.push('acme/gizmo', { pusher: 'dana', files: { a: 'c' } });
    const { id } = await stage.pipelineOf(after);
    const before = await project('acme/gizmo');
    // GitHub sends this when the owner takes the repository out of the selection.
    const [row] = await stage.rows<{ id: number }>(
      `SELECT github_repository_id AS id FROM project WHERE full_name = 'acme/gizmo'`,
    );
    const sent = await stage.github.deliveries({ event: 'installation' });
    const installation = (sent[0]?.payload as { installation?: unknown } | undefined)?.installation;
    const repositories_removed = [{ id: row?.id, name: 'gizmo', full_name: 'acme/gizmo', private: false }];
    await stage.deliver(
      {
        action: 'removed',
        installation,
        repositories_added: [],
        repositories_removed,
        repository_selection: 'selected',
      },
      { event: 'installation_repositories' },
    );
    await eventually('the pipeline to end', async () => (await statusOf(id)) === 'canceled');
    expect(await project('acme/gizmo')).toMatchObject({ removed_at: expect.any(Date) });
    expect((await project('acme/gizmo'))?.rights_epoch).toBeGreaterThan(before?.rights_epoch ?? 0);
  });
});

describe('an App that is uninstalled', () => {
  it('ends what runs, and leaves the projects with their history', async () => {
    const { id } = await stage.pipelineOf(await stage.push({ 'z.txt': '1' }));
    await stage.github.uninstall(installationId);
    await eventually('the pipeline to end', async () => (await statusOf(id)) === 'canceled');
    expect(await queued(id)).toEqual([]);
    expect(await project(repository)).toMatchObject({ removed_at: expect.any(Date) });
    const answer = await stage.asDana.post(`/api/v4/projects/${stage.projectId}/pipelines/${id}/retry`);
    expect(answer.status).toBeGreaterThanOrEqual(400);
  });
});
