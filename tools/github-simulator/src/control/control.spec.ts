import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ControlError, SimulatorControl } from '../index.js';
import { Acme } from '../testing/acme.js';

describe('the control API', () => {
  const acme = new Acme();
  beforeAll(() => acme.start());
  afterAll(() => acme.stop());

  it('pushes without git, with every kind of file', async () => {
    const { control } = acme.github;
    const files = {
      plain: 'p',
      bytes: { base64: '/w==' },
      link: { link: 'plain' },
      'do it': { executable: '#!' },
      'docs/a.md': null,
    };
    const { after } = await control.push('acme/widget', {
      pusher: 'kim',
      files,
      message: 'All\u0007kinds',
      branch: 'kinds',
    });
    const payload = await acme.hooks.last('push');
    expect(payload).toMatchObject({ after, created: true, head_commit: { message: 'All\u0007kinds' } });
    const token = `Bearer ${await acme.installationToken()}`;
    const tree = await acme.ask(`/repos/acme/widget/git/trees/${after}`, token);
    const modes = (tree.body['tree'] as { path: string; mode: string }[]).map((each) => `${each.mode} ${each.path}`);
    expect(modes).toEqual(['100644 bytes', '100755 do it', '120000 link', '100644 plain']);
  });

  it('pushes 2,049 commits as one delivery that lists 2,048', async () => {
    const commits = Array.from({ length: 2049 }, (_, n) => ({ files: { counter: String(n) }, message: `Commit ${n}` }));
    acme.hooks.clear();
    await acme.github.control.push('acme/widget', { pusher: 'kim', commits });
    const payload = await acme.hooks.last('push');
    expect(payload['commits']).toHaveLength(2048);
    expect(payload['head_commit']).toMatchObject({ message: 'Commit 2048' });
  });

  it('makes the payload of a push that never was, to be signed and delivered by hand', async () => {
    const { control } = acme.github;
    const before = (await control.refs('acme/widget'))['refs/heads/main'] ?? '';
    await control.createUser({ login: 'mallory' });
    await control.createRepository({ owner: 'mallory', name: 'widget', forkOf: 'acme/widget' });
    const fork = await control.push('mallory/widget', { pusher: 'mallory', files: { evil: 'x' } });
    acme.hooks.clear();
    const payload = await control.pushPayload('acme/widget', {
      app: 'crosstie',
      ref: 'refs/heads/main',
      before,
      after: fork.after,
      pusher: 'kim',
    });
    await control.deliver({ app: 'crosstie', event: 'push', payload });
    expect(await acme.hooks.last('push')).toMatchObject({
      after: fork.after,
      commits: [{ added: ['evil'] }],
      sender: { login: 'kim' },
    });
    expect((await control.refs('acme/widget'))['refs/heads/main']).toBe(before);
  });

  it('ends a token as if it had been found in public', async () => {
    const { access_token: token, refresh_token: refreshToken } = await acme.signIn('kim');
    await acme.github.control.endToken(String(token));
    expect(await acme.works(token)).toBe(false);
    await acme.github.control.endToken(String(refreshToken));
    expect(await acme.refresh(refreshToken)).toMatchObject({ error: 'bad_refresh_token' });
  });

  it('shows a commit with its verdicts to a browser, with everything in it as text', async () => {
    const { control, url } = acme.github;
    const { after } = await control.push('acme/widget', {
      pusher: 'kim',
      files: { x: 'x' },
      message: '<script>alert(1)</script>',
    });
    await acme.ask(`/repos/acme/widget/statuses/${after}`, `Bearer ${await acme.installationToken()}`, {
      json: { state: 'failure', context: 'crosstie', description: 'nobody <b>linked</b>' },
    });
    const page = await (await fetch(`${url}/acme/widget/commit/${after}`)).text();
    expect(page).toContain('<b>failure</b> crosstie: nobody &lt;b&gt;linked');
    expect(page).not.toContain('<script>alert');
  });

  it('moves a repository: the old owner loses it, the new one hears of it', async () => {
    const { control } = acme.github;
    await control.createOrganization({ login: 'umbrella', members: { kim: 'admin' } });
    await control.install({ app: 'crosstie', account: 'umbrella' });
    await control.createRepository({ owner: 'acme', name: 'moving' });
    await control.settled();
    acme.hooks.clear();
    expect(await control.changeRepository('acme/moving', { owner: 'umbrella' })).toMatchObject({
      fullName: 'umbrella/moving',
    });
    expect(await acme.hooks.last('repository')).toMatchObject({
      action: 'transferred',
      changes: { owner: { from: { organization: { login: 'acme' } } } },
    });
    const moves = (await acme.hooks.of('installation_repositories', 2)).map((each) => String(each.payload['action']));
    expect(moves.toSorted()).toEqual(['added', 'removed']);
  });

  it('says what is wrong with a call', async () => {
    const control = new SimulatorControl(acme.github.url);
    await expect(control.createUser({ login: 'kim' })).rejects.toThrow(ControlError);
    await expect(control.push('acme/nothing', { pusher: 'kim', files: {} })).rejects.toThrow(
      'There is no repository acme/nothing',
    );
    await expect(
      control.push('acme/widget', { pusher: 'kim', branch: 'two words', files: { a: 'a' } }),
    ).rejects.toThrow('422');
  });

  it('leaves no broken promise about what GitHub publishes', async () => {
    expect(await acme.github.control.contractViolations()).toEqual([]);
  });
});
