import { found, plain, type Report } from '../findings.js';
import { didYouMean, nearest } from '../nearest.js';
import { child, isNull, type Entry, type MapNode, type Node, type ScalarNode } from '../nodes.js';
import { nameFault, readKey, topLevelDefaults, type Defaults } from './defaults.js';
import {
  defaultKeyNames,
  isJobKey,
  jobKeyNames,
  jobKeywords,
  triggerKeyNames,
  type DefaultKey,
  type JobKey,
  type JobValues,
} from './keywords/job-keywords.js';
import { Spot } from './shape.js';

/** One job as written, defaults applied, before its parallel instances are made. */
export interface JobDefinition {
  readonly name: string;
  readonly key: ScalarNode;
  readonly node: MapNode;
  readonly values: JobValues;
  readonly isTrigger: boolean;
  /** `rules` stands in the job, even as null: then there is no default `only`. */
  readonly hasRules: boolean;
  /** Where the value of a keyword was written: in the job, or in the default that it took. */
  readonly places: ReadonlyMap<JobKey, Node>;
}

const jobKeys: ReadonlySet<string> = new Set(jobKeyNames);
const triggerKeys: ReadonlySet<string> = new Set(triggerKeyNames);

/** Reads one job; undefined when it is none. Faults are in the report. */
export function readJob(
  name: string,
  entry: Entry,
  defaults: Defaults,
  isBroken: boolean,
  report: Report,
): JobDefinition | undefined {
  const spot = new Spot(entry.key.type === 'null' ? 'null' : entry.key.text, report, new Spot('jobs', report));
  if (entry.key.type !== 'string') {
    return spot.fault('job_name', `has a name that YAML reads as ${found(entry.key)}: quote the name`, entry.key);
  }
  const fault = nameFault(name);
  if (fault !== undefined) return spot.fault('job_name', fault, entry.key);
  if (entry.value.kind === 'reference') return undefined; // It led nowhere, which has been told.
  if (entry.value.kind !== 'map') return notAJob(name, entry, spot);
  // What it lacks may be in a parent or a file that could not be had.
  if (isBroken && !['script', 'run', 'trigger'].some((key) => child(entry.value, key))) return undefined;
  return readJobMap(name, entry.key, entry.value, defaults, spot);
}

function notAJob(name: string, entry: Entry, spot: Spot): undefined {
  const hint = didYouMean(name, ['default', 'include', 'stages', 'variables', 'workflow', ...topLevelDefaults]);
  const what = entry.value.kind === 'map' ? '' : `; it is ${found(entry.value)}`;
  spot.fault('no_script', `config should implement the script:, run:, or trigger: keyword${what}${hint}`, entry.key);
}

function readJobMap(
  name: string,
  key: ScalarNode,
  node: MapNode,
  defaults: Defaults,
  spot: Spot,
): JobDefinition | undefined {
  const has = (keyword: JobKey) => node.entries.has(keyword);
  const isTrigger = !isNull(node.entries.get('trigger')?.value);
  const isBridge = isTrigger || (has('needs') && !has('script') && !has('run'));
  if (!has('script') && !has('run') && !isBridge) {
    unknownKeys(node, jobKeys, spot);
    return notAJob(name, { key, value: node }, spot);
  }
  if (isBridge && !isTrigger && !needsPipeline(node)) {
    return spot.fault('no_script', 'config should contain either a trigger or a needs:pipeline, or a script', key);
  }
  unknownKeys(node, isBridge && !has('script') && !has('run') ? triggerKeys : jobKeys, spot);
  const values: JobValues = {};
  const places = new Map<JobKey, Node>();
  for (const [keyword, entry] of node.entries) {
    if (!isJobKey(keyword)) continue;
    const isBlankScript = keyword === 'script' && isNull(entry.value);
    if (isNull(entry.value) && !isBlankScript) continue;
    places.set(keyword, entry.value);
    readKey(keyword, entry.value, spot, values);
  }
  takeDefaults(values, places, defaults, isBridge);
  return { name, key, node, values, isTrigger: isBridge, hasRules: has('rules'), places };
}

function needsPipeline(node: MapNode): boolean {
  const needs = node.entries.get('needs')?.value;
  const items = needs?.kind === 'list' ? needs.items : [needs];
  return items.some((item) => item?.kind === 'map' && item.entries.has('pipeline'));
}

function unknownKeys(node: MapNode, known: ReadonlySet<string>, spot: Spot): void {
  for (const [key, entry] of node.entries) {
    if (known.has(key)) continue;
    const inTrigger = isJobKey(key) ? ', which a trigger job cannot have' : didYouMean(key, known);
    spot.fault('unknown_key', `config contains unknown keys: ${plain(entry.key.text)}${inTrigger}`, entry.key);
  }
}

function takeDefaults(values: JobValues, places: Map<JobKey, Node>, defaults: Defaults, isTrigger: boolean): void {
  const inherits = values.inherit?.default ?? true;
  for (const key of defaultKeyNames) {
    const allowed = Array.isArray(inherits) ? inherits.includes(key) : inherits;
    if (!allowed || places.has(key) || (isTrigger && key !== 'interruptible')) continue;
    takeDefault(key, values, places, defaults);
  }
}

function takeDefault(key: DefaultKey, values: JobValues, places: Map<JobKey, Node>, defaults: Defaults): void {
  const node = defaults.nodes.get(key);
  if (node === undefined) return;
  places.set(key, node);
  (values as Record<string, unknown>)[key] = defaults.values[key];
}

/** A hidden job is not checked, but a key that looks like a slip is worth a word. */
export function warnHidden(name: string, entry: Entry, report: Report): void {
  const spot = new Spot(name, report);
  if (isBlank(entry.value)) {
    spot.fault('blank', "config can't be blank", entry.key);
    return;
  }
  if (entry.value.kind !== 'map') return;
  for (const [key, inner] of entry.value.entries) {
    if (Object.hasOwn(jobKeywords, key) || key.length < 4) continue;
    const meant = nearest(key, jobKeyNames);
    if (meant !== undefined)
      spot.warn('unknown_key', `contains the unknown key ${plain(key)} (did you mean \`${meant}\`?)`, inner.key);
  }
}

/** What Rails calls blank: false is, zero is not. */
function isBlank(node: Node): boolean {
  if (node.kind === 'list') return node.items.length === 0;
  if (node.kind === 'map') return node.entries.size === 0;
  if (node.kind === 'reference') return false;
  return isNull(node) || node.value === false || (node.type === 'string' && node.text.trim() === '');
}
