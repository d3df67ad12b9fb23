import { plain, type Report } from '../findings.js';
import type { JobDecision } from '../decide/job.js';
import type { Instances } from '../expand/instances.js';
import { expandNeeds, expandOwnNeeds } from '../expand/needs.js';
import type { ExpandedNeeds } from '../expand/expanded-needs.js';
import { limits } from '../limits.js';
import type { Variables } from '../shape/variables.js';
import { usedNames } from '../variables/expand-text.js';
import { findCycle } from './cycles.js';

/** The needs of each kept job, with what is not in this pipeline sorted out. */
export type KeptNeeds = ReadonlyMap<JobDecision, ExpandedNeeds | null>;

/**
 * The checks that follow the rules: every need of a kept job is kept too, or optional; there are not
 * too many; the effective needs and the variables have no cycle; there are not too many jobs.
 */
export function checkPresence(decisions: readonly JobDecision[], instances: Instances, report: Report): KeptNeeds {
  const kept = decisions.filter((decision) => decision.kept);
  const names = new Set(kept.map((decision) => decision.instance.name));
  const needs = new Map<JobDecision, ExpandedNeeds | null>();
  const noCycle = new Set<Variables>();
  for (const decision of kept) {
    const expanded = effectiveNeeds(decision, instances, report);
    needs.set(decision, expanded && present(decision, expanded, names, report));
    checkVariables(decision, noCycle, report);
  }
  const graph = new Map(kept.map((one) => [one.instance.name, (needs.get(one)?.jobs ?? []).map((need) => need.job)]));
  const cycle = findCycle(graph);
  if (cycle) {
    const shown = cycle.slice(0, 8).map(plain).join(' → ');
    report.error('needs_circular', `The needs form a cycle: ${shown}.`, `jobs:${plain(cycle[0] ?? '')}:needs`);
  }
  if (kept.length > limits.jobs) {
    report.error('too_many_jobs', `The pipeline has ${kept.length} jobs; at most ${limits.jobs} are allowed.`);
  }
  return needs;
}

function effectiveNeeds(decision: JobDecision, instances: Instances, report: Report): ExpandedNeeds | null {
  const { instance, needs } = decision;
  if (needs === instance.definition.values.needs) return expandOwnNeeds(instance, instances, report);
  return needs ? expandNeeds(needs, instance, instances, report) : null;
}

function present(
  decision: JobDecision,
  needs: ExpandedNeeds,
  kept: ReadonlySet<string>,
  report: Report,
): ExpandedNeeds {
  const { definition, name } = decision.instance;
  const path = `jobs:${plain(definition.name)}:needs`;
  if (needs.jobs.length > limits.needs) {
    const sentence = `${plain(name)}: one job can only need ${limits.needs} others, but you have listed ${needs.jobs.length}.`;
    report.error('length', sentence, path, definition.places.get('needs') ?? definition.key);
  }
  const jobs = needs.jobs.filter((need) => {
    if (kept.has(need.job)) return true;
    if (!need.optional) {
      const sentence = `'${plain(name)}' job needs '${plain(need.job)}' job, but '${plain(need.job)}' does not exist in the pipeline. This might be because of the only, except, or rules keywords. Mark the need \`optional\` if it may be absent.`;
      report.error('need_absent', sentence, path, need.at);
    }
    return false;
  });
  return { jobs, cross: needs.cross };
}

/** Variables that use each other in a circle cannot be expanded; one that names itself alone is fine. */
function checkVariables(decision: JobDecision, noCycle: Set<Variables>, report: Report): void {
  const cycle = variableCycle(decision.variables, noCycle);
  if (cycle === null) return;
  const { definition } = decision.instance;
  const path = `jobs:${plain(definition.name)}:variables`;
  const at = decision.variables.get(cycle[0] ?? '')?.at;
  const shown = cycle.slice(0, 8).map(plain).join(' → ');
  report.error(
    'variables_circular',
    `${path}: circular variable reference detected: ${shown}.`,
    path,
    at ?? definition.key,
  );
}

/** Jobs without variables of their own share one map, which is looked at once. */
function variableCycle(variables: Variables, noCycle: Set<Variables>): string[] | null {
  if (noCycle.has(variables)) return null;
  let graph: Map<string, readonly string[]> | null = null;
  for (const [name, variable] of variables) {
    if (variable.raw) continue;
    const used = usedNames(variable.value).filter((one) => one !== name && variables.has(one));
    if (used.length > 0) (graph ??= new Map()).set(name, used);
  }
  const cycle = graph && findCycle(graph);
  if (cycle === null) noCycle.add(variables);
  return cycle;
}
