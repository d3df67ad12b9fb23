import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { SimulatorControl } from '@crosstie/github-simulator';

import { Api } from '../api.js';
import { freePort } from '../free-port.js';
import { until } from '../until.js';
import { Clone } from './git.js';
import { type Addresses, setupCodeIn, setUpServer, signIn } from '../people.js';
import { followPipeline, type PipelineView, statusesOf, timeToStart } from '../pipelines.js';
import { crosstie, type Running, start } from '../processes.js';
import { findRunner } from './runner.js';
import { say, step, StepFailed } from './steps.js';
import { makeWorld, repository, type World } from '../world.js';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../../../..');

interface Stage extends Addresses {
  directory: string;
  control: SimulatorControl;
  running: Running[];
  /** Null until somebody may ask. */
  api: Api | null;
}

/** `demo [--keep] [--no-runner]`: the main job, start to end, with an exit status of 0 only if all of it held. */
async function main(): Promise<number> {
  const keep = process.argv.includes('--keep');
  const withRunner = !process.argv.includes('--no-runner');
  const directory = await mkdtemp(join(tmpdir(), 'crosstie-demo-'));
  // The database's own user must be able to pass through.
  await chmod(directory, 0o711);
  const stage: Stage = { directory, url: '', github: '', control: new SimulatorControl(''), running: [], api: null };
  let failed = true;
  try {
    await play(stage, withRunner, keep);
    failed = false;
    return 0;
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    say(`\n  FAILED  ${error.message}\n\n  Logs are in ${directory}`);
    return 1;
  } finally {
    for (const running of stage.running.reverse()) await running.stop();
    if (!failed) await rm(directory, { recursive: true, force: true });
  }
}

async function play(stage: Stage, withRunner: boolean, keep: boolean): Promise<void> {
  say('Crosstie: a push becomes a pipeline, jobs on a runner, and a verdict on the commit\n');
  await step('a simulated GitHub', () => startGitHub(stage));
  const world = await step('people, an organisation and a repository on it', () => populate(stage));
  const server = await step('crosstie serve, with its embedded database', () => startCrosstie(stage));
  await step('set-up with the code from the log; the App made from its manifest', () => setUp(stage, server));
  await step('the App installed: the repository is a project', () => install(stage));
  await step('dana signs in with GitHub, accepts the terms, is linked and takes a seat', () => link(stage));
  await step('a runner', () => startRunner(stage, withRunner));
  const clone = await step('dana clones', () => cloneAs(stage, 'dana', world));
  const good = await step('dana pushes with git; the pipeline runs to its end', () => pushAndFollow(stage, clone));
  await step('the verdict on the commit at GitHub', () => verdict(stage, good.sha, 'success'));
  await step('from webhook to job start', async () => timeToStart(good));
  const refused = await step('erin, who is not linked, pushes and is refused', () => pushRefused(stage, world));
  await step('the refusal on the commit at GitHub', () => verdict(stage, refused.sha, 'failure'));
  await step('dana runs that pipeline as herself', () => retryAsDana(stage, refused));
  await step('the new verdict on that commit', () => verdict(stage, refused.sha, 'success'));
  say('\nEvery step held.');
  if (keep) await stay(stage, clone);
}

async function startGitHub(stage: Stage) {
  const port = await freePort();
  const program = join(root, 'tools/github-simulator/bin/github-simulator.js');
  const data = join(stage.directory, 'github');
  await mkdir(data);
  const parameters = [program, '--port', String(port), '--data', data];
  const running = start(process.execPath, parameters, {}, join(stage.directory, 'github.log'));
  stage.running.push(running);
  stage.github = `http://127.0.0.1:${port}`;
  stage.control = new SimulatorControl(stage.github);
  await alive(running, () => stage.control.now());
  return { shown: `${stage.github}, process ${running.pid}`, value: undefined };
}

async function populate(stage: Stage) {
  const world = await makeWorld(stage.control);
  return { shown: `acme/widget; kim ${world.kim.id}, dana ${world.dana.id}, erin ${world.erin.id}`, value: world };
}

async function startCrosstie(stage: Stage) {
  const port = await freePort();
  const env = {
    CROSSTIE_GITHUB_URL: stage.github,
    CROSSTIE_GITHUB_API_URL: `${stage.github}/api/v3`,
    CROSSTIE_URL: `http://127.0.0.1:${port}`,
    CROSSTIE_METRICS_PORT: String(await freePort()),
    CROSSTIE_LOG_FORMAT: 'json',
  };
  const parameters = [crosstie, 'serve', '--data', dataOf(stage), '--port', String(port)];
  const running = start(process.execPath, parameters, env, join(stage.directory, 'crosstie.log'));
  stage.running.push(running);
  stage.url = env.CROSSTIE_URL;
  const health = await alive(running, async () => {
    const ready = await fetch(`${stage.url}/readyz`);
    return ready.ok && (await fetch(`${stage.url}/healthz`)).json();
  });
  return { shown: `${stage.url}, ${JSON.stringify(health)}`, value: running };
}

async function setUp(stage: Stage, server: Running) {
  const code = await until(() => setupCodeIn(server.output()), 'the set-up code in the log');
  await setUpServer(stage, code, 'kim', 'acme');
  const token = await adminToken(stage, 'kim');
  stage.api = new Api(stage.url, token);
  const kim = await api(stage).read<{ id: number; is_admin: boolean }>('/api/v4/user');
  const [app] = (await stage.control.secrets()).filter(({ kind }) => kind === 'private_key');
  return { shown: `administrator kim is user ${kim.id}; the App is ${app?.owner ?? 'there'}`, value: undefined };
}

async function install(stage: Stage) {
  const slug = (await stage.control.secrets()).find(({ kind }) => kind === 'private_key')?.owner ?? '';
  const installation = await stage.control.install({ app: slug, account: 'acme', sender: 'kim' });
  const project = await until(async () => {
    const { status, body } = await api(stage).get(`/api/v4/projects/${encodeURIComponent(repository)}`);
    return status === 200 && (body as { id: number; web_url: string });
  }, 'the project of acme/widget');
  return { shown: `installation ${installation.id}; ${repository} is project ${project.id}`, value: undefined };
}

async function link(stage: Stage) {
  await signIn(stage, 'dana');
  const [dana] = await api(stage).read<{ id: number }[]>('/api/v4/users?username=dana');
  stage.api = new Api(stage.url, await adminToken(stage, 'dana'));
  return { shown: `dana is user ${dana?.id}`, value: undefined };
}

async function startRunner(stage: Stage, withRunner: boolean) {
  const kim = new Api(stage.url, await adminToken(stage, 'kim'));
  const made = await kim.post('/api/v4/user/runners', { runner_type: 'instance_type', description: 'the demo' });
  if (made.status !== 201) throw new Error(`POST /api/v4/user/runners: ${made.status} ${JSON.stringify(made.body)}`);
  const { id, token } = made.body as { id: number; token: string };
  if (!withRunner) return { shown: `runner ${id}, not started (--no-runner)`, value: undefined };
  const program = await findRunner(root);
  const directory = join(stage.directory, 'runner');
  await mkdir(directory);
  stage.running.push(await program.start(stage.url, token, id, directory));
  return { shown: `runner ${id}: ${program.label}`, value: undefined };
}

async function cloneAs(stage: Stage, login: 'dana' | 'erin', world: World) {
  const { token, email } = world[login];
  const url = new URL(`${stage.github}/${repository}.git`);
  url.username = login;
  url.password = token;
  const value = await Clone.of(url.href, join(stage.directory, login), { login, email });
  return { shown: value.directory, value };
}

async function pushAndFollow(stage: Stage, clone: Clone) {
  const sha = await clone.push('feature.txt', 'a feature\n', 'Add a feature');
  const value = await followPipeline(api(stage), repository, sha, (pipeline) => pipeline.status === 'success');
  return { shown: describe(value), value };
}

async function pushRefused(stage: Stage, world: World) {
  const { value: clone } = await cloneAs(stage, 'erin', world);
  const sha = await clone.push('colleague.txt', 'hello\n', 'Say hello');
  const value = await followPipeline(api(stage), repository, sha, (pipeline) => pipeline.status === 'failed');
  if (value.failure_reason !== 'sender_not_linked') throw new Error(`refused as ${value.failure_reason}`);
  return { shown: describe(value), value };
}

async function retryAsDana(stage: Stage, refused: PipelineView) {
  const path = `/api/v4/projects/${refused.project_id}/pipelines/${refused.id}/retry`;
  const { status, body } = await api(stage).post(path);
  if (status !== 201) throw new Error(`POST ${path}: ${status} ${JSON.stringify(body)}`);
  const value = await followPipeline(api(stage), repository, refused.sha, ({ status }) => status === 'success');
  if (value.id !== refused.id) throw new Error(`the retry made pipeline ${value.id} instead of running ${refused.id}`);
  if (value.user.username !== 'dana') throw new Error(`it ran as ${value.user.username}`);
  return { shown: `${describe(value)}, run by ${value.user.username}`, value };
}

async function verdict(stage: Stage, sha: string, state: string) {
  const statuses = await until(async () => {
    const found = await statusesOf(stage.control, repository, sha);
    return found.at(-1)?.state === state && found;
  }, `the status ${state} on ${sha}`);
  const lines = statuses.map((status) => `${status.state}: ${status.description} (status ${status.id})`);
  return { shown: `${sha}\n${lines.join('\n')}`, value: undefined };
}

async function stay(stage: Stage, clone: Clone): Promise<void> {
  say(`
Still up, until Ctrl-C:
  Crosstie          ${stage.url}   (sign in with GitHub as kim, dana or erin)
  simulated GitHub  ${stage.github}
Push by hand:
  cd ${clone.directory} && date >> by-hand.txt && git add by-hand.txt && git commit -qm 'By hand' && git pull -q --rebase && git push -q
and see its status:
  curl -s ${stage.github}/_control/repos/${repository}/statuses?sha=$(git -C ${clone.directory} rev-parse HEAD)`);
  await new Promise<void>((done) => {
    process.once('SIGINT', () => done());
    process.once('SIGTERM', () => done());
  });
}

/** Waits for a process to answer; its end is an error that shows its last lines. */
async function alive<T>(running: Running, probe: () => Promise<T | false>): Promise<T> {
  const answer = await until(
    async () => {
      if (running.exitStatus() !== null) return { ended: true as const };
      const value = await probe();
      return value !== false && { ended: false as const, value };
    },
    'an answer',
    60_000,
  );
  if (!answer.ended) return answer.value;
  throw new Error(`it ended with status ${running.exitStatus()}:\n${running.output().slice(-2000)}`);
}

async function adminToken(stage: Stage, username: string): Promise<string> {
  const parameters = [crosstie, 'admin', 'token', 'create', '--user', username, '--data', dataOf(stage), '--json'];
  const { stdout } = await run(process.execPath, parameters);
  return (JSON.parse(stdout) as { token: string }).token;
}

const dataOf = (stage: Stage): string => join(stage.directory, 'crosstie');

function api(stage: Stage): Api {
  if (!stage.api) throw new Error('nobody may ask the API yet');
  return stage.api;
}

function describe(pipeline: PipelineView): string {
  const jobs = pipeline.jobs.map((job) => `${job.name} ${job.status} (job ${job.id})`).join(', ');
  const reason = pipeline.failure_reason ? `, ${pipeline.failure_reason}: ${pipeline.crosstie.failure_message}` : '';
  return `pipeline ${pipeline.id} of ${pipeline.sha.slice(0, 8)} is ${pipeline.status}${reason}${jobs && `\n${jobs}`}`;
}

process.exitCode = await main();
