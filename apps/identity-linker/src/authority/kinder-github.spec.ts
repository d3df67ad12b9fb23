import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { armFaults } from '@crosstie/platform';

import { type LinkerStage, startLinkerStage } from '../testing/linker-stage.js';

const hourMs = 3_600_000;

/** The other answer to each question that GitHub's documentation leaves open: both must do. */
describe('tokens at a GitHub that is kinder than feared', () => {
  let stage: LinkerStage;
  beforeAll(async () => {
    stage = await startLinkerStage({
      switches: {
        narrowedDieWithParent: false,
        narrowedExpireWithParent: false,
        userTokenLimit: null,
        narrowedCountTowardsLimit: false,
        refreshGraceMs: 60_000,
      },
    });
  });
  afterAll(() => stage.stop());
  afterEach(() => armFaults(''));

  const works = async (token: string, fullName: string): Promise<boolean> => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${stage.simulator.apiUrl}/repos/${fullName}/contents/a.txt`, { headers })).status === 200;
  };
  const clone = async (login: string) => {
    const { userId, identityId } = await stage.linked(login);
    const project = await stage.project(`${login}-repo`, { [login]: 'write' });
    const need = async (pipelineId: number, mustOutliveMs = 60_000) =>
      (await stage.tokens.openClone({ pipelineId, projectId: project.id, userId, mustOutliveMs })).token.reveal();
    return { need, project, identityId };
  };

  it('leaves no narrowed token alive that outlived its parent', async () => {
    const { need, project } = await clone('vic');
    const first = await need(await stage.pipeline(project.id));
    await stage.advance(7 * hourMs + 55 * 60_000);
    const second = await need(await stage.pipeline(project.id), 8 * 60_000);
    expect([await works(first, project.fullName), await works(second, project.fullName)]).toEqual([true, true]);
    await stage.sweep.runOnce();
    expect([await works(first, project.fullName), await works(second, project.fullName)]).toEqual([false, true]);
  });

  it('goes on after a lost exchange where a used refresh token is answered once more', async () => {
    const { need, project, identityId } = await clone('wes');
    const pipelineId = await stage.pipeline(project.id);
    await stage.advance(8 * hourMs + 1000);
    armFaults('vault.after_exchange=throw@1');
    await expect(need(pipelineId)).rejects.toThrow();
    expect(await works(await need(pipelineId), project.fullName)).toBe(true);
    expect(await stage.row('SELECT state FROM identity WHERE id = $1', identityId)).toEqual({ state: 'linked' });
  });
});
