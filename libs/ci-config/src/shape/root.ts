import { charCount } from '../characters.js';
import { found, plain, type Report } from '../findings.js';
import { limits } from '../limits.js';
import { isNull, type Entry, type MapNode, type Node } from '../nodes.js';
import { readDefaults, topLevelDefaults } from './defaults.js';
import { nestedTexts } from './flatten.js';
import { readJob, warnHidden, type JobDefinition } from './job.js';
import { checkJob } from './job-rules.js';
import { isBareWhen, type AutoCancel, type Rule } from './keywords/rules.js';
import { workflow } from './keywords/workflow.js';
import { Spot } from './shape.js';
import { noVariables, rootVariables, type Variables } from './variables.js';

export interface Workflow {
  readonly name?: string;
  readonly rules?: readonly Rule[];
  readonly auto_cancel?: AutoCancel;
  /** The key `rules` is there, if only as null: jobs then have no default `only`. */
  readonly hasRules: boolean;
  readonly at: Node | undefined;
}

/** A whole configuration with its shape checked. */
export interface Configuration {
  /** In order, with `.pre` first and `.post` last. */
  readonly stages: readonly string[];
  readonly variables: Variables;
  readonly workflow: Workflow;
  readonly jobs: readonly JobDefinition[];
  readonly at: MapNode;
  /** Names of entries that a fault keeps from being read in full: what others miss in them may be there. */
  readonly doubtful: ReadonlySet<string>;
  /** False: `stages` is faulty, so that nothing can be said about the stage of a job. */
  readonly stagesKnown: boolean;
}

const RESERVED = new Set(['default', 'include', 'variables', 'stages', 'workflow', ...topLevelDefaults]);
const DEFAULT_STAGES = ['build', 'test', 'deploy'];

/** What went wrong before, so that nothing is reported that only follows from it. */
export interface Before {
  /** Every file and input was there. */
  readonly isWhole: boolean;
  /** Entries whose `extends` failed: what they lack may be what they did not get. */
  readonly broken: ReadonlySet<string>;
}

/** Checks the structure of every key; what is faulty is reported and left out. */
export function readRoot(root: MapNode, before: Before, report: Report): Configuration {
  const top = new Spot('', report);
  const defaults = readDefaults(root, top);
  const jobs: JobDefinition[] = [];
  const doubtful = new Set<string>();
  let visible = 0;
  for (const [name, entry] of root.entries) {
    if (entry.key.type === 'string' && RESERVED.has(name)) continue;
    if (name.startsWith('.')) warnHidden(name, entry, report);
    else if (name === 'spec' && entry.key.type === 'string') unknownSpec(entry, top);
    else {
      visible += 1;
      const count = report.errorCount;
      const job = readJob(name, entry, defaults, !before.isWhole || before.broken.has(name), report);
      if (job) jobs.push(job);
      if (!job || report.errorCount > count || before.broken.has(name) || hasUnread(job)) doubtful.add(name);
    }
  }
  if (visible === 0 && before.isWhole)
    top.fault('no_jobs', 'jobs config should contain at least one visible job', root);
  const flow = readWorkflow(root, report);
  for (const job of jobs) {
    checkJob(job, new Spot(job.name, report, new Spot('jobs', report)));
    warnTwoPipelines(job, flow, report);
  }
  const written = readStages(root, report);
  const stagesKnown = written !== undefined;
  const stages = ['.pre', ...(written ?? DEFAULT_STAGES), '.post'];
  return { stages, stagesKnown, variables: readVariables(root, report), workflow: flow, jobs, at: root, doubtful };
}

/** A keyword whose `!reference` led nowhere was told of before, and has no value. */
function hasUnread({ places, values }: JobDefinition): boolean {
  return [...places.keys()].some((key) => values[key] === undefined);
}

function unknownSpec(entry: Entry, top: Spot): void {
  const what =
    'config contains unknown keys: spec (it belongs into a document of its own before the configuration, ended by `---`)';
  top.fault('unknown_key', what, entry.key);
}

function readStages(root: MapNode, report: Report): string[] | undefined {
  const node = root.entries.get('stages')?.value;
  const spot = new Spot('stages', report);
  const stages =
    node === undefined || isNull(node) ? DEFAULT_STAGES : nestedTexts('an array of strings').read(node, spot);
  if (stages === undefined) return undefined;
  const long = stages.find((stage) => charCount(stage) > limits.nameChars);
  if (long !== undefined && node)
    spot.fault('length', `is too long (maximum is ${limits.nameChars} characters): ${plain(long)}`, node);
  const unique = new Set(stages);
  unique.delete('.pre');
  unique.delete('.post');
  return [...unique];
}

function readVariables(root: MapNode, report: Report): Variables {
  const node = root.entries.get('variables')?.value;
  if (node === undefined || isNull(node)) return noVariables;
  return rootVariables.read(node, new Spot('variables', report)) ?? noVariables;
}

function readWorkflow(root: MapNode, report: Report): Workflow {
  const node = root.entries.get('workflow')?.value;
  if (node === undefined || isNull(node)) return { hasRules: false, at: undefined };
  const spot = new Spot('workflow', report);
  if (node.kind !== 'map') {
    spot.fault('type', `config should be a hash, not ${found(node)}`, node);
    return { hasRules: false, at: node };
  }
  return { ...workflow.read(node, spot), hasRules: node.entries.has('rules'), at: node };
}

/** The last rule of a job that always matches lets push and merge request pipelines run side by side. */
function warnTwoPipelines(job: JobDefinition, flow: Workflow, report: Report): void {
  const last = job.values.rules?.at(-1);
  if (flow.hasRules || last === undefined || !isBareWhen(last)) return;
  const path = `jobs:${plain(job.name)}:rules`;
  const sentence = `${path} may allow multiple pipelines to run for a single action due to \`rules:when\` without \`workflow:rules\`.`;
  report.warn('two_pipelines', sentence, path, last.at);
}
