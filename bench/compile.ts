import { createRequire } from 'node:module';
import { join } from 'node:path';

import { compile as compileFiles, type CompileInput } from '@crosstie/ci-config';

import type { Bench, Ground } from './ground.ts';
import { GitlabCiLocal } from './peers/gitlab-ci-local.ts';
import { startProgram } from './processes.ts';
import type { Measured, Target } from './report.ts';
import { interleave, oneByOne, type Variant } from './rounds.ts';

const sizes = [10, 100, 1000];
const context: CompileInput['context'] = {
  source: 'push',
  ref: 'main',
  ref_type: 'branch',
  sha: 'ab'.repeat(20),
  before_sha: '0'.repeat(40),
  protected: true,
  commit_message: 'A change',
  project_path: 'acme/widget',
  default_branch: 'main',
};

/** Row c: a whole compilation against the bare parse of the same texts, and against gitlab-ci-local's list of jobs. */
export const compile: Bench = {
  quick: true,
  targets: {
    ...Object.fromEntries(
      sizes.map((size): [string, Target] => [`compile/crosstie@${size}`, { to: `js-yaml@${size}`, p50: 3 }]),
    ),
    ...Object.fromEntries(
      sizes.map((size): [string, Target] => [
        `compile-peer/crosstie@${size}`,
        { to: `gitlab-ci-local@${size}`, p50: 0.05 },
      ]),
    ),
    'compile-growth/crosstie@1000': { to: 'crosstie@100', p50: 12 },
    'compile-first/crosstie@100': { to: 'warm@100', p50: 5 },
  },
  async run(ground) {
    const near = await againstParser(ground);
    const growth = near
      .filter(({ variant, size }) => variant === 'crosstie' && size !== 10)
      .map((measured): Measured => ({ ...measured, bench: 'compile-growth' }));
    const far = ground.quick ? [] : await againstPeer(ground);
    return [...near, ...growth, ...(await firstOnes(ground)), ...far, ...(ground.quick ? [] : await memoryOf(ground))];
  },
};

async function againstParser(ground: Ground): Promise<Measured[]> {
  const load = await parser();
  const variants = sizes.flatMap((size): Variant[] => {
    const input = inputOf(size);
    const texts = Object.values(input.files);
    const n = Math.ceil(1000 / size);
    const round = (once: () => unknown) => () => oneByOne(async () => once(), Math.min(n, 30), 0);
    return [
      { bench: 'compile', variant: 'js-yaml', size, round: round(() => texts.map((text) => load(text))) },
      { bench: 'compile', variant: 'crosstie', size, round: round(() => compileInFull(input)) },
    ];
  });
  return interleave(ground.rounds(12), variants);
}

function compileInFull(input: CompileInput): void {
  const { errors, jobs } = compileFiles(input);
  if (errors.length > 0 || jobs.length === 0)
    throw new Error(`The sample does not compile: ${JSON.stringify(errors[0])}`);
}

async function againstPeer(ground: Ground): Promise<Measured[]> {
  const peer = await GitlabCiLocal.open(await ground.subdirectory('gitlab-ci-local'));
  const variants = sizes.flatMap((size): Variant[] => {
    const input = inputOf(size);
    return [
      {
        bench: 'compile-peer',
        variant: 'crosstie',
        size,
        round: () => oneByOne(async () => compileInFull(input), 3, 0),
      },
      { bench: 'compile-peer', variant: 'gitlab-ci-local', size, round: async () => [await withoutStart(peer, input)] },
    ];
  });
  return interleave(3, variants);
}

/** Its own start-up, as a file with one job shows it, is not counted. */
async function withoutStart(peer: GitlabCiLocal, input: ReturnType<typeof inputOf>): Promise<number> {
  const start = await peer.list({ '.gitlab-ci.yml': 'one: {script: [echo]}\n' });
  const { 'gitlab/.gitlab-ci.yml': main = '', ...included } = input.files;
  return Math.max(1, (await peer.list({ '.gitlab-ci.yml': main, ...included })) - start);
}

/** The parser that the compiler stands on, and not another one that happens to lie about. */
async function parser(): Promise<(text: string) => unknown> {
  const found = createRequire(new URL('../libs/ci-config/package.json', import.meta.url)).resolve('js-yaml');
  const { load } = (await import(found)) as { load: (text: string) => unknown };
  return load;
}

/** The first compilation of a process that has warmed up as a service does, and later ones. */
async function firstOnes(ground: Ground): Promise<Measured[]> {
  const [first, warm]: [number[][], number[][]] = [[], []];
  for (let n = 0; n < ground.rounds(6); n += 1) {
    const { ms } = await inProcess('first', 100);
    first.push(ms.slice(0, 1));
    warm.push(ms.slice(20));
  }
  return [
    { bench: 'compile-first', variant: 'warm', size: 100, rounds: warm },
    { bench: 'compile-first', variant: 'crosstie', size: 100, rounds: first },
  ];
}

/** What stays allocated while a pipeline of 1,000 jobs is compiled, and its peak. */
async function memoryOf(ground: Ground): Promise<Measured[]> {
  const kept: number[] = [];
  for (let n = 0; n < ground.rounds(3); n += 1) kept.push((await inProcess('memory', 1000)).mb);
  return [{ bench: 'compile-memory', variant: 'crosstie', size: 1000, unit: 'MB of peak RSS', rounds: [kept] }];
}

async function inProcess(what: 'first' | 'memory', size: number): Promise<{ ms: number[]; mb: number }> {
  const program = await startProgram([join(import.meta.dirname, 'compile-once.ts'), what, String(size)], {}, /\}\n/);
  await program.stop();
  return JSON.parse(program.started) as { ms: number[]; mb: number };
}

/** A configuration with extends, rules, needs, variables and an include. */
export function inputOf(size: number): CompileInput & { files: Readonly<Record<string, string>> } {
  const perStage = Math.ceil(size / 4);
  const jobs = Array.from({ length: size }, (_, at) => jobText(at, Math.floor(at / perStage), perStage));
  const main = `include:
  - local: /common.yml
stages: [build, test, package, deploy]
variables:
  MODE: fast
  REGION: eu
default:
  image: node:24
  retry: 1
${jobs.join('')}`;
  return {
    files: { 'gitlab/.gitlab-ci.yml': main, 'common.yml': common },
    config_path: 'gitlab/.gitlab-ci.yml',
    context,
  };
}

const common = `.base:
  tags: [linux, docker]
  timeout: 30 minutes
  before_script:
    - echo "prepare $CI_JOB_NAME"
.on-main:
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $MODE != "slow"
    - if: $CI_COMMIT_MESSAGE =~ /release-[0-9]+/
      when: manual
      allow_failure: true
`;

function jobText(at: number, stage: number, perStage: number): string {
  const needs = stage === 0 ? '' : `  needs: [job-${at - perStage}]\n`;
  return `job-${at}:
  extends: [.base, .on-main]
  stage: ${['build', 'test', 'package', 'deploy'][stage]}
${needs}  variables:
    PART: "${at}"
    NAME: part-$PART-of-$REGION
  script:
    - make part PART=$PART
    - ./check.sh --name "$NAME" --mode $MODE
  artifacts:
    paths: [out/part-${at}/]
    expire_in: 1 day
`;
}
