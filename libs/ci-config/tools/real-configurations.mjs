// Compiles real configurations and compares the jobs with those that gitlab-ci-local lists.
//
//   node libs/ci-config/tools/real-configurations.mjs [--peer] FOLDER
//
// FOLDER holds one checkout in each of its folders, as `owner+name/`, its configuration at the root;
// `real-configurations.tsv` beside this file names repository, commit and path of those that were looked at
// (their texts are their owners', so they are not here). A line for each: the jobs of a push to the default
// branch, or the first error. With --peer each difference from gitlab-ci-local's list stands below, with the
// row of the language reference that it comes from. Exit status 1 when a difference has no row.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { compile } from '../dist/index.js';

const CONFIG = '.gitlab-ci.yml';

/** What a difference comes from; the first that fits is its row. `ours` and `theirs` are errors or null. */
const ROWS = [
  ['7.1.5', ({ ours }) => ours?.startsWith('Template '), 'a template that is not bundled'],
  ['7.1.4', ({ ours }) => ours?.startsWith('Remote file '), 'a remote text that was not handed in'],
  ['2.2.4', ({ ours }) => /implement the script:, run:, or trigger/.test(ours ?? ''), 'an entry that is no job'],
  ['1.10', ({ ours }) => /job: undefined (?:need|dependency)/.test(ours ?? ''), 'a name that no job has'],
  ['1.10', ({ ours }) => /chosen stage/.test(ours ?? ''), 'a stage that is not there'],
  ['2.1.1', ({ ours }) => /unknown keys/.test(ours ?? ''), 'a key that is not known'],
  ['2.4.1', ({ ours }) => /nested array of strings/.test(ours ?? ''), 'a line of a script that is no text'],
  [
    '1.4.6',
    ({ theirs }) => /fetch|ENOTFOUND|Remote file/i.test(theirs ?? ''),
    'the peer fetches by itself, and cannot here',
  ],
  [
    '1.8.3',
    ({ theirs }) => /Cannot read properties of null/.test(theirs ?? ''),
    'the peer breaks off at a keyword that is null',
  ],
  [
    '2.6.8',
    ({ theirs }) => /must be (?:string|object|array)|allowed values|schema/i.test(theirs ?? ''),
    'the peer holds the file against a schema alone',
  ],
  [
    '4.4.6',
    ({ added, left }) => added.length === 0 && left.every((by) => by === 'only' || by === 'except'),
    'the peer lists jobs whatever `only` and `except` say',
  ],
  [
    '4.1',
    ({ added, left }) => added.length === 0 && left.length > 0 && left.every((by) => by !== undefined),
    'the peer lists jobs that no rule keeps',
  ],
];

function textsOf(folder, below = '') {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = `${below}${entry.name}`;
    if (entry.isDirectory()) return entry.name === '.git' ? [] : textsOf(folder, `${path}/`);
    return /\.ya?ml$/i.test(entry.name) ? [[path, readFileSync(join(folder, path), 'utf8')]] : [];
  });
}

function namesOf(folder, below = '') {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? namesOf(folder, `${below}${entry.name}/`) : [`${below}${entry.name}`],
  );
}

function compileFolder(folder) {
  const listed = join(folder, '.paths.json');
  const paths = existsSync(listed) ? JSON.parse(readFileSync(listed, 'utf8')) : namesOf(folder);
  return compile({
    files: Object.fromEntries(textsOf(folder)),
    config_path: CONFIG,
    context: { paths },
    explain: true,
  });
}

/** The jobs that gitlab-ci-local lists, or its error. It needs a repository, so it gets a copy that is one. */
function peerOf(folder) {
  const program = createRequire(new URL('../../../bench/main.ts', import.meta.url)).resolve('gitlab-ci-local');
  const copy = mkdtempSync(join(tmpdir(), 'crosstie-real-'));
  try {
    cpSync(folder, copy, { recursive: true });
    const git = (...words) => execFileSync('git', ['-C', copy, ...words], { stdio: 'ignore' });
    git('init', '-q', '-b', 'main');
    git('remote', 'add', 'origin', 'https://github.test/acme/widget.git');
    git('-c', 'user.name=x', '-c', 'user.email=x@example.test', 'commit', '-q', '--allow-empty', '-m', 'Begin');
    const out = execFileSync(process.execPath, [program, '--list-json'], {
      cwd: copy,
      timeout: 60_000,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const text = out.toString();
    return { jobs: JSON.parse(text.slice(text.search(/^\[/m))).map((job) => job.name), error: null };
  } catch (error) {
    const said = stripVTControlCharacters(`${error.stderr ?? ''}${error.stdout ?? ''}`).trim();
    return {
      jobs: [],
      error:
        /^\w*Error: .*/m.exec(said)?.[0] ??
        said.split('\n').findLast((line) => line.trim() !== '') ??
        String(error.message),
    };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const arguments_ = process.argv.slice(2);
const withPeer = arguments_.includes('--peer');
const root = arguments_.find((word) => !word.startsWith('--'));
if (root === undefined) {
  process.stderr.write('usage: real-configurations.mjs [--peer] FOLDER\n');
  process.exit(2);
}
const count = { compiled: 0, refused: 0, same: 0, explained: 0, open: 0 };
for (const name of readdirSync(root).sort()) {
  const folder = join(root, name);
  if (!existsSync(join(folder, CONFIG))) continue;
  const answer = compileFolder(folder);
  count[answer.valid ? 'compiled' : 'refused'] += 1;
  const ours = answer.valid ? null : (answer.errors[0]?.message ?? '');
  const told = answer.created
    ? `${answer.jobs.length} jobs in ${answer.stages.length} stages`
    : (ours ?? answer.reason);
  process.stdout.write(`${name.padEnd(48)} ${told}\n`);
  if (!withPeer && ours === null) continue;
  const peer = withPeer ? peerOf(folder) : { jobs: [], error: null };
  const mine = new Set(answer.jobs.map((job) => job.name));
  const missing = peer.jobs.filter((job) => !mine.has(job));
  const added = [...mine].filter((job) => !peer.jobs.includes(job));
  if (withPeer && ours === null && peer.error === null && missing.length + added.length === 0) {
    count.same += 1;
    continue;
  }
  // Which keyword left each of the peer's other jobs out; undefined where nothing says why.
  const reasons = answer.explain?.jobs ?? {};
  const left = missing.map((job) => (reasons[job]?.kept === false ? reasons[job].by : undefined));
  const facts = { ours, theirs: peer.error, missing, added, left };
  const row = ROWS.find(([, fits]) => fits(facts));
  count[row ? 'explained' : 'open'] += 1;
  const short = (list) => (list.length > 4 ? `${list.slice(0, 4).join(', ')}, …` : list.join(', '));
  const told2 = [
    missing.length > 0 ? `only theirs: ${short(missing)}` : '',
    added.length > 0 ? `only ours: ${short(added)}` : '',
    peer.error === null ? '' : `theirs: ${peer.error.slice(0, 120)}`,
  ];
  process.stdout.write(
    `  ${row ? `row ${String(row[0])}, ${String(row[2])}` : 'NO ROW'}. ${told2.filter((part) => part !== '').join('; ')}\n`,
  );
}
process.stdout.write(
  `${count.compiled} compile, ${count.refused} are refused; ${count.same} same lists, ${count.explained} explained, ${count.open} not\n`,
);
process.exitCode = count.open > 0 ? 1 : 0;
