import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { publishTerms } from '@crosstie/domain';

import { type PushingStage, repository, startPushingStage } from '../testing/pushing-stage.js';

let stage: PushingStage;
let made = 0;

beforeAll(async () => {
  stage = await startPushingStage();
}, 60_000);
afterAll(() => stage.stop());

/** The pipeline of a new push of this person. */
async function pushedBy(pusher: string) {
  made += 1;
  return stage.pipelineOf(await stage.push({ 'counter.txt': String(made) }, { pusher }));
}

const refused = (failure_reason: string) => ({ status: 'failed', failure_reason });

describe('the person behind a push', () => {
  it('who is not linked makes a refused pipeline that says so, and queues nothing', async () => {
    const pipeline = await pushedBy('erin');
    expect(pipeline).toMatchObject({
      ...refused('sender_not_linked'),
      failure_message: 'erin is not linked to a Crosstie user. Anyone who may run pipelines here can retry it.',
      sender_id: stage.erin.id,
      user_id: null,
    });
    expect(await stage.jobs(pipeline.id)).toEqual([]);
    expect(await stage.rows('SELECT 1 FROM token_lease WHERE pipeline_id = $1', pipeline.id)).toEqual([]);
  });

  it('who may not run pipelines here is refused', async () => {
    await stage.github.createUser({ login: 'ben' });
    await stage.github.addCollaborator(repository, 'ben', 'read');
    await stage.signIn('ben');
    // Somebody with read alone cannot push with git; what a webhook says is not believed for that.
    await stage.pipelineOf(await stage.push({ 'b.txt': '1' }));
    const last = await stage.lastPush();
    const [ben] = await stage.rows<{ id: number }>(`SELECT github_user_id AS id FROM identity WHERE login = 'ben'`);
    const guid = await stage.deliver({ ...last, sender: { id: ben?.id, login: 'ben', type: 'User' }, compare: 'ben' });
    const { id } = await stage.outcome(guid);
    const [pipeline] = await stage.rows('SELECT status, failure_reason FROM pipeline WHERE delivery_id = $1', id);
    expect(pipeline).toEqual(refused('sender_not_permitted'));
  });

  it('is found by number: a login that was renamed and taken by another changes nothing (L5)', async () => {
    await stage.github.renameUser('dana', 'dana2');
    const other = await stage.github.createUser({ login: 'dana' });
    await stage.github.addCollaborator(repository, 'dana', 'write');
    expect(await pushedBy('dana')).toMatchObject({ ...refused('sender_not_linked'), sender_id: other.id });
    expect(await pushedBy('dana2')).toMatchObject({ status: 'pending', sender_id: stage.dana.id });
    await stage.github.renameUser('dana', 'somebody');
    await stage.github.renameUser('dana2', 'dana');
  });

  it('that is a bot nobody has named is refused', async () => {
    await stage.pipelineOf(await stage.push({ 'bot.txt': '1' }));
    const last = await stage.lastPush();
    const guid = await stage.deliver({
      ...last,
      sender: { id: 29_139_614, login: 'renovate[bot]', type: 'Bot' },
      compare: 'bot',
    });
    const { id } = await stage.outcome(guid);
    const [pipeline] = await stage.rows('SELECT status, failure_reason FROM pipeline WHERE delivery_id = $1', id);
    expect(pipeline).toEqual(refused('bot_not_mapped'));
  });

  it('is never taken from the pusher, the commit or an e-mail', async () => {
    await stage.pipelineOf(await stage.push({ 'who.txt': '1' }));
    const last = await stage.lastPush();
    const guid = await stage.deliver({ ...last, sender: undefined, pusher: { name: 'dana' }, compare: 'pusher' });
    const { id } = await stage.outcome(guid);
    const [pipeline] = await stage.rows('SELECT status, failure_reason FROM pipeline WHERE delivery_id = $1', id);
    expect(pipeline).toEqual(refused('sender_not_linked'));
  });

  it('who has no seat is refused', async () => {
    await stage.rows(`UPDATE seat SET released_at = now() WHERE released_at IS NULL`);
    expect(await pushedBy('dana')).toMatchObject(refused('no_seat'));
    await stage.rows(`UPDATE seat SET released_at = NULL`);
  });

  it('who has to sign in at GitHub again is refused', async () => {
    await stage.rows(`UPDATE identity SET state = 'needs_reauth' WHERE github_user_id = $1`, stage.dana.id);
    expect(await pushedBy('dana')).toMatchObject(refused('token_refused'));
    await stage.rows(`UPDATE identity SET state = 'linked' WHERE github_user_id = $1`, stage.dana.id);
  });

  it('whose consent GitHub says was taken back is refused', async () => {
    await stage.rows(`UPDATE identity SET state = 'revoked' WHERE github_user_id = $1`, stage.dana.id);
    expect(await pushedBy('dana')).toMatchObject(refused('sender_not_linked'));
    await stage.rows(`UPDATE identity SET state = 'linked' WHERE github_user_id = $1`, stage.dana.id);
  });

  it('who has not accepted the terms in force is refused', async () => {
    await publishTerms(stage.context.database, { version: 999, body: 'new ones' });
    expect(await pushedBy('dana')).toMatchObject(refused('terms_not_accepted'));
    await stage.rows('DELETE FROM terms_version WHERE version = 999');
  });

  it('whose token comes out wider than asked is refused', async () => {
    await stage.github.widenTokens('scoped', 4);
    expect(await pushedBy('dana')).toMatchObject(refused('token_scope_mismatch'));
    await stage.github.clearFaults();
  });
});

describe('a right that GitHub takes back', () => {
  it('counts at once when GitHub tells of it, not only after a minute', async () => {
    expect(await pushedBy('dana')).toMatchObject({ status: 'pending' });
    await stage.github.addCollaborator(repository, 'dana', 'read');
    const { repository: known, installation } = await stage.lastPush();
    const member = { id: stage.dana.id, login: 'dana', type: 'User' };
    const guid = await stage.deliver(
      { action: 'edited', member, repository: known, installation, sender: member },
      { event: 'member' },
    );
    expect(await stage.outcome(guid)).toMatchObject({ state: 'done', reason: null });
    const body = { ...(await stage.lastPush()), compare: 'after' };
    const { id } = await stage.outcome(await stage.deliver(body));
    expect(await stage.rows('SELECT failure_reason FROM pipeline WHERE delivery_id = $1', id)).toEqual([
      { failure_reason: 'sender_not_permitted' },
    ]);
  });
});
