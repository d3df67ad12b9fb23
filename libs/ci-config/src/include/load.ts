import type { Context } from '../context.js';
import type { CompileInput } from '../contract.js';
import { firstMatch } from '../decide/conditions.js';
import { RuleFault } from '../decide/path-regexp.js';
import { mergeMaps, without } from '../extend/merge.js';
import { plain, quote, type Report } from '../findings.js';
import { bindInputs, fromJson } from '../inputs/bind.js';
import { readHeader, readInputs, type Header, type InputSpec } from '../inputs/header.js';
import { interpolate } from '../inputs/interpolate.js';
import { limits } from '../limits.js';
import { isNull, Source, type MapNode, type Node } from '../nodes.js';
import { readFile, type ReadFile } from '../read/read-file.js';
import { expandText } from '../variables/expand-text.js';
import { layer, Scope } from '../variables/scope.js';
import { readIncludes, type IncludeItem } from './items.js';
import { targetsOf, type Home, type Target } from './places.js';

type Place = Pick<Node, 'source' | 'offset'>;

/** The merged files. `isWhole` is false when one of them, or an input, could not be had. */
export interface Loaded {
  readonly map: MapNode;
  readonly isWhole: boolean;
  /** The key `include` of the main file, for those who cannot fetch. */
  readonly include: Node | undefined;
  /** Keys of remote files that came without an `integrity`: whoever changes them changes the pipeline. */
  readonly unpinned: ReadonlySet<string>;
}

/** Reads the main file and everything that it includes, as one map; null when that is not possible. */
export function loadConfiguration(
  input: CompileInput,
  context: Context,
  base: ReadonlyMap<string, string>,
  report: Report,
  wanted: Set<string>,
): Loaded | null {
  const files = input.files ?? {};
  const text = Object.hasOwn(files, context.configPath) ? files[context.configPath] : undefined;
  if (text === undefined) {
    wanted.add(context.configPath);
    report.error('no_file', `Please provide content of ${quote(context.configPath)}: there is no such file.`);
    return null;
  }
  const read = readFile(context.configPath, text, report);
  if (read === null) return null;
  const before = report.errorCount;
  const loader = new Loader(input, context, base, report, wanted);
  const map = loader.main(read, context.configPath);
  if (loader.hasTooMany) {
    // Refused whatever they hold, so nobody need fetch them.
    wanted.clear();
    report.retract('include_missing');
  }
  const include = read.content.entries.get('include');
  return {
    map,
    isWhole: report.errorCount === before,
    include: isNull(include?.value) ? undefined : include?.key,
    unpinned: loader.unpinned,
  };
}

/** What a file is given by whoever includes it. */
interface Given {
  readonly inputs: ReadonlyMap<string, Node>;
  readonly component: ReadonlyMap<string, string | null>;
  readonly home: Home;
  readonly at: Place;
}

class Loader {
  readonly unpinned = new Set<string>();
  private count = 0;
  /** Keys of all files included so far: a wildcard takes none of them again, so it may match its own file. */
  private readonly taken = new Set<string>();
  private readonly readFiles = new Map<string, ReadFile | null>();
  private readonly scope: Scope;

  constructor(
    private readonly input: CompileInput,
    private readonly context: Context,
    base: ReadonlyMap<string, string>,
    private readonly report: Report,
    private readonly wanted: Set<string>,
  ) {
    const layers = [layer(context.variables), layer(base)];
    this.scope = new Scope(() => layers);
  }

  get hasTooMany(): boolean {
    return this.count > limits.includes;
  }

  main(read: ReadFile, path: string): MapNode {
    const at = { source: new Source(path, ''), offset: 0 };
    const inputs = new Map([...this.context.inputs].map(([name, value]) => [name, fromJson(value, at)]));
    if (inputs.size > limits.pipelineInputs) {
      this.report.error(
        'length',
        `A pipeline takes at most ${limits.pipelineInputs} inputs, not ${inputs.size}.`,
        'inputs',
      );
    }
    return this.file(read, {
      inputs,
      component: new Map(),
      home: { kind: 'repository' },
      at: read.header ?? read.content,
    });
  }

  /** One file: its inputs, then what it includes under it. */
  private file(read: ReadFile, given: Given): MapNode {
    const content = this.fillInputs(read, given);
    const items = readIncludes(content.entries.get('include')?.value, this.report);
    // The whole list is known before the first of its files is read, as wildcards further in look at it.
    const letIn = items.filter((item) => item.rules === undefined || this.rulesLetIn(item, given.home));
    const targets = letIn.map((item) => this.targets(item, given.home));
    for (const target of targets.flat()) this.taken.add(target.key);
    let merged: MapNode | undefined;
    for (const [index, item] of letIn.entries()) {
      for (const included of this.item(item, targets[index] ?? [])) {
        merged = merged === undefined ? included : mergeMaps(merged, included);
      }
    }
    const own = without(content, 'include');
    return merged === undefined ? own : mergeMaps(merged, own);
  }

  private fillInputs(read: ReadFile, given: Given): MapNode {
    if (read.header === null) {
      if (given.inputs.size > 0) {
        const names = [...given.inputs.keys()].map(plain).join(', ');
        const sentence = `given inputs not defined in the \`spec\` section of the included configuration file: ${names}.`;
        this.report.error('input_unknown', sentence, 'inputs', given.at);
      }
      return read.content;
    }
    const before = this.report.errorCount;
    const header = readHeader(read.header, this.report);
    const specs = this.withIncludedSpecs(header, given.home);
    const inputs = this.report.errorCount === before ? bindInputs(specs, given.inputs, given.at, this.report) : null;
    // A file whose inputs are wrong would only repeat that fault at every block.
    if (inputs === null || this.report.errorCount > before)
      return without(read.content, ...read.content.entries.keys());
    const facts = new Map([...given.component].filter(([name]) => header.component.includes(name)));
    return interpolate(read.content, { inputs, component: facts, variable: this.scope.value }, this.report);
  }

  /** The inputs of a header together with those of the files that it includes; no name twice. */
  private withIncludedSpecs(header: Header, home: Home): ReadonlyMap<string, InputSpec> {
    const specs = new Map<string, InputSpec>();
    const add = (more: ReadonlyMap<string, InputSpec>) => {
      for (const [name, spec] of more) {
        if (specs.has(name)) {
          this.report.error(
            'input_twice',
            `The input ${quote(name)} is defined twice.`,
            `spec:inputs:${plain(name)}`,
            spec.at,
          );
        }
        specs.set(name, spec);
      }
    };
    for (const item of readIncludes(header.include, this.report)) {
      for (const target of this.targets(item, home)) {
        const read = this.readTarget(target, item.at);
        if (read === null) continue;
        const others = [...read.content.entries.values()].find((entry) => entry.key.text !== 'inputs');
        if (others) {
          this.report.error(
            'unknown_key',
            `${quote(target.name)} may hold \`inputs\` only, not ${plain(others.key.text)}.`,
            'spec:include',
            others.key,
          );
        }
        add(readInputs(read.content.entries.get('inputs')?.value, this.report));
      }
    }
    add(header.inputs);
    return specs;
  }

  private item(item: IncludeItem, targets: readonly Target[]): MapNode[] {
    const given = new Map([...(item.inputs?.entries ?? [])].map(([name, entry]) => [name, entry.value]));
    const files: MapNode[] = [];
    for (const target of targets) {
      const read = this.readTarget(target, item.at);
      if (read === null) continue;
      if (target.key.startsWith('remote:') && item.integrity === undefined) this.unpinned.add(target.key);
      const { component, home: inner } = target;
      files.push(this.file(read, { inputs: given, component, home: inner, at: item.inputs ?? item.at }));
    }
    return files;
  }

  private rulesLetIn(item: IncludeItem, home: Home): boolean {
    const { names } = this.context;
    const context =
      home.kind === 'repository'
        ? this.context
        : { ...this.context, names: names.within(home.kind === 'project' ? home : null) };
    try {
      const rule = item.rules?.[firstMatch(item.rules, this.scope, context)];
      return rule !== undefined && rule.when !== 'never';
    } catch (error) {
      if (!(error instanceof RuleFault)) throw error;
      this.report.error('rule', `Failed to parse rule of an include: ${error.message}.`, 'include', error.at);
      return false;
    }
  }

  private targets(item: IncludeItem, home: Home): readonly Target[] {
    // A file from nowhere in particular belongs to no project, and so sees no variables.
    const find = home.kind === 'nowhere' ? () => undefined : this.scope.value;
    const found = targetsOf(
      item,
      home,
      this.input,
      () => this.context.names.tree.all,
      (text) => expandText(text, find, 'empty'),
    );
    if ('targets' in found) {
      return found.isWildcard ? found.targets.filter((target) => !this.taken.has(target.key)) : found.targets;
    }
    this.report.error('include', `${found.fault}.`.replace(/([.!])\.$/, '$1'), 'include', item.at);
    return [];
  }

  private readTarget(target: Target, at: Node): ReadFile | null {
    this.count += 1;
    if (this.count > limits.includes) {
      if (this.count === limits.includes + 1) {
        this.report.error('include_limit', `Maximum of ${limits.includes} nested includes are allowed!`, 'include', at);
      }
      return null;
    }
    if (target.text === undefined) {
      const { unavailable } = this.input;
      const why = unavailable && Object.hasOwn(unavailable, target.key) ? unavailable[target.key] : undefined;
      if (why === undefined) this.wanted.add(target.key);
      this.report.error('include_missing', why ?? target.missing, 'include', at);
      return null;
    }
    // A file may come many times; it is read once.
    const known = this.readFiles.get(target.key);
    if (known !== undefined) return known;
    const read = readFile(target.name, target.text, this.report, true);
    this.readFiles.set(target.key, read);
    return read;
  }
}
