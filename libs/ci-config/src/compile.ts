import { Budget } from './budget.js';
import { charCount } from './characters.js';
import { checkInput } from './check-input.js';
import { checkLogic, stageOf } from './check/logical.js';
import { checkPresence } from './check/presence.js';
import { completeContext, DEFAULT_CONFIG_PATH, type Context } from './context.js';
import type { CompileAnswer, CompileInput, PlainObject } from './contract.js';
import { decideJob, type JobDecision } from './decide/job.js';
import { RuleFault } from './decide/path-regexp.js';
import { decideWorkflow, hasSkipMarker, type WorkflowDecision } from './decide/workflow.js';
import { explain } from './explain.js';
import { answerJob, answerVariables } from './expand/answer-job.js';
import { makeInstances, type Instances } from './expand/instances.js';
import { applyExtends } from './extend/extends.js';
import { resolveReferences } from './extend/references.js';
import { plain, Report } from './findings.js';
import { loadConfiguration } from './include/load.js';
import { limits } from './limits.js';
import { TooBig, type MapNode, type Node } from './nodes.js';
import { predefined } from './predefined.js';
import { readRoot, type Configuration } from './shape/root.js';
import { expandNested } from './variables/expand-text.js';
import { layer, overlay, Scope } from './variables/scope.js';

/**
 * Compiles one configuration for one context. A pure function: it reads nothing but its input, and
 * the same input always has the same answer. A faulty configuration is an answer, not an exception.
 *
 * @throws UnusableInput when the input itself has the wrong form
 */
export function compile(input: CompileInput): CompileAnswer {
  return compileWhole(input).answer;
}

/** What a compile came to, beside its answer; absent where it did not come that far. */
export interface Whole {
  answer: CompileAnswer;
  /** The lists of file names that were looked at and not given: keys of the context. */
  wantedNames: string[];
  root?: MapNode;
  /** With `extends` and references followed. */
  merged?: MapNode;
  include?: Node;
  unpinned?: ReadonlySet<string>;
  context?: Context;
  configuration?: Configuration;
  instances?: Instances;
  flow?: WorkflowDecision;
  workflowScope?: Scope;
  decisions?: readonly JobDecision[];
}

type Parts = Omit<Whole, 'answer' | 'wantedNames'>;

/** As `compile`, with the typed configuration and the decisions for those who explain them. */
export function compileWhole(input: CompileInput): Whole {
  const checked = checkInput(input);
  const report = new Report();
  const wanted = new Set<string>();
  const configPath = checked.config_path ?? DEFAULT_CONFIG_PATH;
  const context = completeContext(checked.context ?? {}, configPath, checked.files ?? {}, checked.other ?? {});
  const whole: Parts = {};
  let decided: Partial<CompileAnswer> = {};
  try {
    decided = run(checked, context, report, wanted, whole);
  } catch (error) {
    if (!(error instanceof TooBig) && !(error instanceof RangeError)) throw error;
    reportTooBig(error, report);
  }
  const answer: CompileAnswer = {
    id: checked.id ?? '',
    valid: !report.failed,
    errors: report.errors,
    warnings: report.warnings,
    created: false,
    reason: null,
    name: null,
    stages: [],
    variables: Object.create(null),
    jobs: [],
    wanted: [...wanted],
    auto_cancel: null,
  };
  const done: Whole = {
    ...whole,
    answer: report.failed ? answer : { ...answer, ...decided },
    wantedNames: [...context.names.wanted],
  };
  if (checked.explain) done.answer.explain = explain(done);
  return done;
}

function reportTooBig(error: TooBig | RangeError, report: Report): void {
  if (error instanceof RangeError) {
    report.error('too_deep', 'The configuration is nested too deeply to be read.');
  } else if (error.what === 'depth') {
    report.error(
      'too_deep',
      `The configuration is nested too deeply: at most ${limits.depth} levels are allowed.`,
      undefined,
      error.at,
    );
  } else {
    const sentence = `The configuration is too big: written out in full it has more than ${limits.expansionNodes} values or ${limits.expansionChars} characters.`;
    report.error('too_big', sentence, undefined, error.at);
  }
}

function run(
  input: CompileInput,
  context: Context,
  report: Report,
  wanted: Set<string>,
  whole: Parts,
): Partial<CompileAnswer> {
  const base = predefined(context);
  const loaded = loadConfiguration(input, context, base, report, wanted);
  if (loaded === null) return {};
  // When a part of the configuration could not be had, what others miss in it is no fault of theirs.
  const { map, isWhole } = loaded;
  const extended = applyExtends(map, isWhole, report);
  const root = resolveReferences(extended.map, isWhole, report);
  const configuration = readRoot(root, { isWhole, broken: extended.broken }, report);
  whole.root = map;
  whole.merged = root;
  whole.include = loaded.include;
  whole.unpinned = loaded.unpinned;
  whole.configuration = configuration;
  const instances = makeInstances(configuration.jobs, new Budget(limits.steps), report);
  whole.instances = instances;
  if (isWhole) checkLogic(configuration, instances, report);
  if (report.failed) return {};
  return decide(configuration, instances, context, base, report, whole);
}

function decide(
  configuration: Configuration,
  instances: ReturnType<typeof makeInstances>,
  context: Context,
  base: ReadonlyMap<string, string>,
  report: Report,
  whole: Parts,
): Partial<CompileAnswer> {
  const weak = layer(base);
  const strong = layer(context.variables);
  if (hasSkipMarker(context)) return { reason: 'The commit message asks for no jobs ([skip ci]).' };
  const scope = new Scope(() => [strong, configuration.variables, weak]);
  const flow = ruled('workflow', report, () => decideWorkflow(configuration.workflow, scope, context));
  if (flow === undefined) return {};
  Object.assign(whole, { flow, workflowScope: scope, context });
  const variables = overlay(configuration.variables, flow.variables);
  const cancel = Object.keys(flow.autoCancel).length > 0 ? ({ ...flow.autoCancel } as PlainObject) : null;
  const answer = { variables: answerVariables(variables), auto_cancel: cancel };
  if (!flow.created) return { ...answer, reason: filteredReason(flow) };
  const { budget } = instances;
  const pipeline = {
    budget,
    configuration,
    context,
    rootVariables: variables,
    outer: strong,
    predefined: weak,
  };
  const name = pipelineName(configuration, new Scope(() => [strong, variables, weak]), report);
  const decisions = [...instances.byName.values()]
    .map((instance) => ruled(`jobs:${plain(instance.name)}`, report, () => decideJob(instance, pipeline)))
    .filter((decision) => decision !== undefined);
  if (report.failed) return {};
  whole.decisions = decisions;
  return { ...answer, name, ...answerJobs(configuration, instances, decisions, report) };
}

/** A rule that cannot be evaluated fails the pipeline; the other jobs are still looked at. */
function ruled<T>(path: string, report: Report, decideIt: () => T): T | undefined {
  try {
    return decideIt();
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error;
    const name = path.replace(/^jobs:/, '');
    report.error('rule', `Failed to parse rule for ${name}: ${error.message}.`, `${path}:rules`, error.at);
    return undefined;
  }
}

function filteredReason(flow: WorkflowDecision): string {
  const why = flow.rule === null ? 'no rule matched' : `rule ${flow.rule + 1} says never`;
  return `The pipeline was filtered out by workflow rules: ${why}.`;
}

function pipelineName(configuration: Configuration, scope: Scope, report: Report): string | null {
  const written = configuration.workflow.name;
  if (written === undefined) return null;
  const name = expandNested(written, scope.find, 'empty').trim();
  if (charCount(name) > limits.nameChars) {
    const sentence = `workflow:name is too long once its variables are in it (maximum is ${limits.nameChars} characters).`;
    report.error('length', sentence, 'workflow:name', configuration.workflow.at);
  }
  return name === '' ? null : name;
}

function answerJobs(
  configuration: Configuration,
  instances: ReturnType<typeof makeInstances>,
  decisions: readonly JobDecision[],
  report: Report,
): Partial<CompileAnswer> {
  const needs = checkPresence(decisions, instances, report);
  if (report.failed) return {};
  const kept = inStageOrder(
    decisions.filter((decision) => decision.kept),
    configuration.stages,
  );
  const used = new Set(kept.map((one) => stageOf(one.instance.definition)));
  const stages = configuration.stages.filter((stage) => used.has(stage));
  if (stages.every((stage) => stage === '.pre' || stage === '.post')) {
    return { reason: 'The rules configuration prevented any jobs from being added to the pipeline.' };
  }
  checkAnswerSize(kept);
  return { created: true, stages, jobs: kept.map((one) => answerJob(one, needs.get(one) ?? null, instances)) };
}

/** Defaults and root variables are shared here, and written out once for each job. */
function checkAnswerSize(kept: readonly JobDecision[]): void {
  let chars = 0;
  for (const { instance, variables } of kept) {
    for (const node of instance.definition.places.values()) {
      chars += writtenChars(node);
    }
    for (const [name, { value }] of variables) chars += name.length + value.length;
    if (chars > limits.answerChars) throw new TooBig('size', instance.definition.key);
  }
}

function writtenChars(node: Node): number {
  if (node.kind === 'scalar') return node.text.length;
  return node.kind === 'reference' ? 0 : node.chars + 8 * node.nodes;
}

function inStageOrder(decisions: JobDecision[], stages: readonly string[]): JobDecision[] {
  const position = new Map(stages.map((stage, index) => [stage, index]));
  const of = (one: JobDecision) => position.get(stageOf(one.instance.definition)) ?? 0;
  return decisions.sort((a, b) => of(a) - of(b));
}
