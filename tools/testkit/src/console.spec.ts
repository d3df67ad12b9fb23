import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type PocketRunner, startPocketRunner } from '@crosstie/pocket-runner';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import { accessibilityFaults, findChromium, openWindow, startBrowser, type Window } from './browser.js';
import { setupCodeIn } from './people.js';
import { type Stage, startStage } from './stage.js';
import { until } from './until.js';
import { makeWorld, repository } from './world.js';

const executable = findChromium();
if (!executable)
  process.stderr.write('The console is not tested: no chromium on PATH, and CROSSTIE_CHROMIUM is not set.\n');
/** Set to a folder to keep a picture of each page. */
const pictures = process.env['CROSSTIE_PICTURES'];

/** What a job of an attacker writes: markup, a marker with a wrong name, links, overrides. */
const hostile = [
  String.raw`printf 'section_end:1:2<script>window.pwned=1</script>\r\033[0K\n'`,
  String.raw`printf '<img src=x onerror="window.pwned=2"></pre><b>bold</b>\n'`,
  String.raw`printf '\033]8;;javascript:window.pwned=3\007click me\033]8;;\007\n'`,
  String.raw`printf '\033]0;title\007\342\200\256reversed\n'`,
  `for i in $(seq 1 10000); do printf '\\033[3%dm.' $((i % 8)); done; printf '\\033[0m\\n'`,
];

const ciFile = `stages: [build, test]
build:
  stage: build
  script:
${hostile.map((line) => `    - ${JSON.stringify(line)}`).join('\n')}
    - for i in $(seq 1 3000); do echo "line $i of the build"; done
    - echo "almost there"
    - until [ -e "$RELEASE_FILE" ]; do sleep 0.1; done
    - echo "released"
unit:
  stage: test
  script:
    - test -e "$PASS_FILE"
`;

/** Jobs that wait for somebody, for their time and for a runner that is not there, one that is tried twice, and files. */
const waitingFile = `stages: [build, deploy]
pack:
  stage: build
  script:
    - mkdir -p out/docs
    - echo '<script>window.pwned=5</script>' > out/docs/index.html
    - echo data > out/data.txt
  artifacts: {paths: [out/]}
flaky:
  stage: build
  retry: 1
  allow_failure: true
  script: [exit 3]
deploy:
  stage: deploy
  when: manual
  script: [echo deployed]
later:
  stage: deploy
  when: delayed
  start_in: 30 minutes
  script: [echo later]
gpu:
  stage: deploy
  needs: []
  tags: [gpu]
  script: [echo never]
`;

const faultyFile = `build:
  scrip: make
test:
  script: [make test]
  retry: 7
`;

(executable ? describe : describe.skip)('the console in a browser', () => {
  let stage: Stage;
  let browser: Browser;
  let kim: Window;
  let runner: PocketRunner | undefined;
  let folder: string;
  const flag = (name: string) => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosstie-console-test-'));
    if (pictures) await mkdir(pictures, { recursive: true });
    stage = await startStage();
    await makeWorld(stage.github);
    browser = await startBrowser(executable ?? '');
    kim = await openWindow(browser);
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    await runner?.stop();
    await stage.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const go = (path: string, page = kim.page) => page.goto(`${stage.url}${path}`);
  /** Nothing on the page as it stands may shut somebody out. */
  const usable = async (page: Page = kim.page) => expect(await accessibilityFaults(page)).toEqual([]);
  const picture = async (name: string, page: Page = kim.page) => {
    if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
  };
  const status = (page: Page, word: string) =>
    page.locator('main h1 + span, main h1 ~ span').filter({ hasText: word }).first().waitFor();

  async function atGitHub(page: Page, login: string): Promise<void> {
    await page.goto(`${stage.simulator.url}/login`);
    await page.getByRole('button', { name: `Sign in as ${login}`, exact: true }).click();
  }

  async function acceptTerms(page: Page): Promise<void> {
    await page.waitForURL(/\/auth\/terms/);
    await page.locator('button[name=accept], button[value=yes], form[action*="/auth/terms"] button').first().click();
  }

  /** A step of the story; what comes after a step that failed has nothing to stand on. */
  let broken = false;
  const step = (name: string, act: () => Promise<void>) =>
    it(
      name,
      async () => {
        if (broken) throw new Error('An earlier step of the story failed.');
        try {
          await act();
        } catch (error) {
          broken = true;
          await picture('failed');
          process.stderr.write(`At ${kim.page.url()}; faults: ${kim.faults.join('; ') || 'none'}\n`);
          throw error;
        }
      },
      60_000,
    );

  step('is set up with the code from the log, the App and its installation', async () => {
    await atGitHub(kim.page, 'kim');
    await go('/');
    await kim.page.getByText('This server has no administrator yet').waitFor();
    await picture('1-first-run');
    await usable();
    await kim.page.getByRole('link', { name: 'Set up this server' }).click();
    const code = await until(() => setupCodeIn(stage.log()), 'the code');
    await kim.page.getByLabel('Code from the log').fill(code);
    await kim.page.getByLabel('Your username').fill('kim');
    await picture('2-set-up');
    await kim.page.getByRole('button', { name: 'Become administrator' }).click();
    await kim.page.getByLabel('For an organisation instead').fill('acme');
    await kim.page.getByRole('button', { name: 'Change' }).click();
    await kim.page.getByText('for the organisation acme').waitFor();
    await picture('3-app');
    await kim.page.getByRole('button', { name: 'Create it on GitHub' }).click();
    const confirm = kim.page.locator('form[action*="/settings/apps/new"] button');
    if (new URL(kim.page.url()).port === new URL(stage.simulator.url).port) await confirm.first().click();
    await kim.page.getByRole('link', { name: 'Install it' }).waitFor();
    await go('/');
    await kim.page.getByText('Install the GitHub App where your repositories are.').waitFor();
    const app = await until(
      async () =>
        (await stage.context.database.dataSource.query<{ slug: string }[]>('SELECT slug FROM github_app'))[0]?.slug,
      'the App',
    );
    await stage.github.install({ app, account: 'acme', sender: 'kim' });
    await kim.page.getByRole('link', { name: repository }).waitFor();
    await picture('4-projects');
    await usable();
  });

  step('leads through linking and the terms', async () => {
    await go('/');
    await kim.page.getByText('Link your GitHub account; pushes of it then run in your name.').waitFor();
    await kim.page.locator('a[href="/auth/github?purpose=link"]').click();
    const approve = kim.page.locator('form[action*="/login/oauth/authorize"] button').first();
    await Promise.race([kim.page.waitForURL(/\/auth\/terms/), approve.waitFor()]);
    if (!kim.page.url().includes('/auth/terms')) await approve.click();
    await picture('5-terms');
    await acceptTerms(kim.page);
    await go('/');
    await kim.page.getByRole('link', { name: repository }).waitFor();
    await expect(kim.page.getByText('Link your GitHub account').count()).resolves.toBe(0);
  });

  step('creates a runner and shows its token once', async () => {
    await go('/-/runners');
    await kim.page.getByText('No runner yet').waitFor();
    await kim.page.getByRole('button', { name: 'Create a runner' }).click();
    await kim.page.getByLabel('Description').fill('the runner of the test');
    await kim.page.locator('form').getByRole('button', { name: 'Create a runner' }).click();
    const shown = kim.page.locator('[data-token]');
    await shown.waitFor();
    const token = (await shown.textContent()) ?? '';
    expect(token).toMatch(/^glrt-/);
    await picture('6-runner-token');
    await usable();
    await kim.page.getByRole('button', { name: 'I have kept the token' }).click();
    await kim.page.getByText('the runner of the test').waitFor();
    expect(await kim.page.content()).not.toContain(token);
    runner = await startPocketRunner({
      url: stage.url,
      token,
      buildsDir: join(folder, 'builds'),
      concurrent: 2,
      pollIntervalMs: 50,
      logIntervalMs: 100,
      keepAliveMs: 300,
    });
  });

  step('shows a refused push with its sentence, and runs it as who presses the button', async () => {
    const branch = '"><script>window.pwned=4</script>';
    const variables = `variables: {RELEASE_FILE: ${JSON.stringify(flag('release'))}, PASS_FILE: ${JSON.stringify(flag('pass'))}}\n`;
    await stage.github.push(repository, {
      pusher: 'erin',
      branch,
      files: { 'gitlab/.gitlab-ci.yml': variables + ciFile },
      message: 'Try <b>this</b> & that',
    });
    await go(`/${repository}/-/pipelines`);
    const row = kim.page.getByRole('row').filter({ hasText: '@erin' });
    await row.getByText('erin is not linked to a Crosstie user').waitFor();
    // X3: the branch is text.
    await row.getByText(branch).waitFor();
    await picture('8-pipelines');
    await usable();
    await row.getByRole('link').first().click();
    await kim.page.getByText('Nothing ran').waitFor();
    await kim.page.getByText(branch).first().waitFor();
    await picture('9-refused');
    await kim.page.getByRole('button', { name: 'Run as me' }).click();
    await picture('10-run-as-me');
    await usable();
    await kim.page.getByRole('button', { name: 'Run as @kim' }).click();
    await kim.page.getByRole('link', { name: /^build/ }).waitFor();
    await expect(kim.page.getByText('Nothing ran').count()).resolves.toBe(0);
    await status(kim.page, 'Running');
    await picture('11-pipeline');
    await usable();
  });

  step('shows the log while it grows, as text and nothing else', async () => {
    await kim.page.getByRole('link', { name: /^build/ }).click();
    const log = kim.page.getByRole('region', { name: 'Log' });
    await log.getByText('almost there').last().waitFor();
    await picture('12-live-log');
    // X1: nothing of it became markup, and the link is inert.
    await kim.page.getByRole('button', { name: 'To the top' }).click();
    await log.getByText('section_end:1:2<script>window.pwned=1</script>', { exact: true }).waitFor();
    await log.getByText('onerror="window.pwned=2"></pre><b>bold</b>').first().waitFor();
    await log.getByText('click me').first().waitFor();
    await log.getByText('\ufffdreversed').first().waitFor();
    await expect(log.locator('script, img, b, a[href^="javascript"]').count()).resolves.toBe(0);
    await expect(log.locator('a:not([href^="#L"])').count()).resolves.toBe(0);
    await picture('13-hostile-log');
    await usable();
    await kim.page.getByRole('button', { name: 'Go to the newest line' }).click();
    // Only what is near the view is drawn.
    expect(await log.locator('a[href^="#L"]').count()).toBeLessThan(400);
    await writeFile(flag('release'), '');
    await log.getByText('released', { exact: true }).last().waitFor();
    await status(kim.page, 'Passed');
    await expect(kim.page.evaluate('window.pwned')).resolves.toBeUndefined();
  });

  step('opens a log at the line of its address', async () => {
    await kim.page.goto(`${kim.page.url().replace(/#.*/, '')}#L1500-L1502`);
    await kim.page.reload();
    const line = kim.page.locator('a[href="#L1500"]');
    await line.waitFor();
    await expect(line.isVisible()).resolves.toBe(true);
  });

  step('names the job that failed, and retries it', async () => {
    await kim.page
      .getByRole('link', { name: /^#\d+$/ })
      .first()
      .click();
    await kim.page.getByText('unit failed first').waitFor();
    await status(kim.page, 'Failed');
    await picture('14-failed');
    await usable();
    await writeFile(flag('pass'), '');
    await kim.page.getByRole('button', { name: 'Retry' }).click();
    await status(kim.page, 'Passed');
    await picture('15-passed');
  });

  step('cancels a running pipeline', async () => {
    await rm(flag('release'));
    await stage.github.push(repository, {
      pusher: 'kim',
      branch: '"><script>window.pwned=4</script>',
      files: { 'again.txt': '1\n' },
    });
    await go(`/${repository}/-/pipelines?status=running`);
    await kim.page.getByRole('row').filter({ hasText: 'Running' }).getByRole('link').first().click();
    await kim.page.getByRole('button', { name: 'Cancel' }).click();
    await status(kim.page, 'Canceled');
    await picture('16-canceled');
  });

  const openJob = async (name: string) => {
    await kim.page.goto(waitingPipeline);
    await kim.page.getByRole('link', { name: new RegExp(`^${name}`) }).click();
    await kim.page.getByRole('heading', { name, exact: true }).waitFor();
  };
  let waitingPipeline = '';
  let archivePath = '';

  step('starts a manual job by its button', async () => {
    await stage.github.push(repository, { pusher: 'kim', files: { 'gitlab/.gitlab-ci.yml': waitingFile } });
    await go(`/${repository}/-/pipelines?ref=main`);
    await kim.page.getByRole('row').filter({ hasText: '@kim' }).getByRole('link').first().click();
    const start = kim.page.getByRole('button', { name: 'Start deploy' });
    await start.waitFor();
    waitingPipeline = kim.page.url();
    await picture('22-waiting-jobs');
    await usable();
    await start.click();
    await kim.page.locator('a[data-status=success]').filter({ hasText: 'deploy' }).waitFor();
  });

  step('counts down to a delayed job, and starts it before its time', async () => {
    await openJob('later');
    await kim.page.getByText('Starts by itself in').waitFor();
    await picture('23-delayed');
    await usable();
    await kim.page.getByRole('button', { name: 'Start now' }).click();
    await status(kim.page, 'Passed');
  });

  step('says why a job is stuck', async () => {
    await openJob('gpu');
    await kim.page.getByText('Stuck: there is no runner with the tags gpu.').waitFor();
    await picture('24-stuck');
    await usable();
  });

  step('shows the tries of a job that was tried again by itself', async () => {
    await openJob('flaky');
    const tries = kim.page.getByRole('heading', { name: 'Tries' }).locator('xpath=..').getByRole('listitem');
    await until(async () => (await tries.count()) === 2, 'two tries');
    await picture('25-tries');
    await usable();
  });

  step('looks into the archive of a job', async () => {
    await openJob('pack');
    await kim.page.getByRole('link', { name: 'Look into the archive' }).click();
    await kim.page.getByRole('link', { name: 'out/' }).click();
    await kim.page.getByRole('link', { name: 'data.txt' }).waitFor();
    archivePath = new URL(kim.page.url()).pathname + new URL(kim.page.url()).search;
    await picture('26-archive');
    await usable();
    await kim.page.getByRole('link', { name: 'docs/' }).click();
    const page = kim.page.getByRole('link', { name: 'index.html' });
    await page.waitFor();
    // X: what a job wrote is a download, never a page of this server.
    const answer = await kim.page.request.get(`${stage.url}${await page.getAttribute('href')}`);
    expect([answer.status(), await answer.text()]).toEqual([200, '<script>window.pwned=5</script>\n']);
    expect(answer.headers()['content-disposition']).toMatch(/^attachment/);
    await kim.page.getByRole('link', { name: 'artifacts.zip' }).click();
    await kim.page.getByRole('link', { name: 'out/' }).waitFor();
  });

  step('tells what a CI file comes to before it is pushed', async () => {
    await go(`/${repository}/-/pipelines`);
    await kim.page.getByRole('link', { name: 'CI file' }).click();
    await kim.page.getByRole('button', { name: 'Load it from there' }).click();
    await kim.page.getByText('A push makes 5 jobs').waitFor();
    await picture('27-lint-valid');
    await usable();
    const ruled = 'odd: {script: [x], rules: [{if: \'$CI_COMMIT_BRANCH == "other"\'}]}\neven: {script: [y]}\n';
    await kim.page.getByLabel('Content of the CI file').fill(ruled);
    await kim.page.getByRole('button', { name: 'Check' }).click();
    await kim.page.getByText('not in the pipeline: no rule matches').waitFor();
    await kim.page.getByText('$CI_COMMIT_BRANCH → "main"').waitFor();
    await picture('32-lint-why');
    await usable();
    await kim.page.getByLabel('Content of the CI file').fill(faultyFile);
    await kim.page.getByRole('button', { name: 'Check' }).click();
    await kim.page.getByText(/^\d errors/).waitFor();
    await kim.page.getByRole('listitem').filter({ hasText: 'scrip' }).first().waitFor();
    await picture('28-lint-faulty');
    await usable();
    await kim.page.getByRole('button', { name: 'Line 5' }).click();
    const selected = kim.page.getByLabel('Content of the CI file').evaluate((area) => {
      const { value, selectionStart, selectionEnd } = area as unknown as Record<'value', string> &
        Record<'selectionStart' | 'selectionEnd', number>;
      return value.slice(selectionStart, selectionEnd);
    });
    expect(await selected).toBe('  retry: 7');
  });

  step('lists where jobs of a project go, and what a runner has run', async () => {
    await go(`/${repository}/-/runners`);
    await kim.page.getByRole('link', { name: 'the runner of the test' }).click();
    await kim.page.getByRole('link', { name: 'pack' }).waitFor();
    await picture('29-runner');
    await usable();
    await go(`/${repository}/-/runners`);
    await kim.page.getByLabel('Use a runner of another project').fill('999');
    await kim.page.getByRole('button', { name: 'Use it' }).click();
    await kim.page.getByRole('alert').waitFor();
    await picture('30-project-runners');
    await usable();
    await go('/groups/acme/-/runners');
    await kim.page.getByRole('heading', { name: 'Runners of acme' }).waitFor();
  });

  step('says of each delivery what became of it', async () => {
    await go('/-/deliveries');
    await kim.page.getByText('It was taken in.').first().waitFor();
    await kim.page
      .getByRole('link', { name: /^Pipeline #/ })
      .first()
      .waitFor();
    await kim.page.getByText('None. Every event was handled.').waitFor();
    await picture('17-deliveries');
    await usable();
    await kim.page.getByLabel('State').selectOption('dead');
    await kim.page.getByText('No delivery in this state').waitFor();
  });

  step('shows that the runner is in contact', async () => {
    await go('/-/runners');
    // Its contact is noted now and then, and the page asks every ten seconds.
    await kim.page.getByText('Online').waitFor({ timeout: 40_000 });
    await picture('7-runners');
    await usable();
  });

  step('shows nothing to who may not see it, and says where there is nothing', async () => {
    const dana = await openWindow(browser);
    await atGitHub(dana.page, 'dana');
    await go('/', dana.page);
    await picture('18-sign-in', dana.page);
    await dana.page.getByRole('link', { name: 'Sign in with GitHub' }).click();
    const approve = dana.page.locator('form[action*="/login/oauth/authorize"] button').first();
    await Promise.race([dana.page.waitForURL(/\/auth\/terms/), approve.waitFor()]);
    if (!dana.page.url().includes('/auth/terms')) await approve.click();
    await acceptTerms(dana.page);
    await go('/-/deliveries', dana.page);
    await dana.page.getByText('Only administrators see the deliveries.').waitFor();
    await go('/acme/secret/-/pipelines/1', dana.page);
    await dana.page.getByText('There is nothing here').waitFor();
    await picture('19-not-there', dana.page);
    await go('/', dana.page);
    await dana.page.getByRole('link', { name: repository }).waitFor();
    await dana.page.getByRole('button', { name: 'Sign out' }).click();
    await go('/', dana.page);
    await dana.page.getByRole('link', { name: 'Sign in with GitHub' }).waitFor();
    expect(dana.faults).toEqual([]);
    await dana.context.close();
  });

  step('works in the dark, on a phone, and without a fault of a script or the policy', async () => {
    await kim.page.getByLabel('Theme').selectOption('dark');
    await go(`/${repository}/-/pipelines`);
    await kim.page.getByRole('table').waitFor();
    await picture('20-dark');
    await usable();
    await kim.page.setViewportSize({ width: 360, height: 720 });
    await picture('21-phone');
    await usable();
    await kim.page.getByText('run as @kim').first().waitFor();
    const wider = () => kim.page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    expect(await wider()).toBeLessThanOrEqual(0);
    const pages = [
      new URL(waitingPipeline).pathname,
      archivePath,
      `/${repository}/-/ci/lint`,
      `/${repository}/-/runners`,
      '/-/runners/1',
    ];
    for (const [n, path] of pages.entries()) {
      await go(path);
      await kim.page.getByRole('heading', { level: 1 }).waitFor();
      await kim.page.waitForLoadState('networkidle');
      await picture(`31-phone-${n}`);
      await usable();
      expect([path, await wider()]).toEqual([path, 0]);
    }
    expect(kim.faults).toEqual([]);
  });
});
