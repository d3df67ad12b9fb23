import { compileWhole, type Whole } from './compile.js';
import type { CompileAnswer, CompileInput, Finding } from './contract.js';
import { plain, Report } from './findings.js';
import { isNull, type Node } from './nodes.js';
import type { AutoCancel } from './shape/keywords/rules.js';
import { flatten } from './shape/flatten.js';

/** An answer with what keeps it from becoming a pipeline; plain data, so it crosses to another thread. */
export interface PipelineCompile {
  answer: CompileAnswer;
  /** `workflow:auto_cancel` with what the matching rule puts on top. */
  autoCancel: AutoCancel;
  unsupported: Finding[];
  /**
   * Lists of file names that rules looked at and that were not given, as keys of the context: `paths`,
   * `changed_paths`, `comparisons:REF`, `trees:PROJECT@REF`. The caller fetches them and asks again.
   */
  wantedNames: string[];
  /** Keys of remote files that were included without an `integrity`. */
  unpinned: string[];
}

/** Keywords that are used up by compiling: nothing of them has to be carried further. */
const COMPILED_AWAY = new Set(['extends', 'inherit']);
const ROOT_KEYWORDS = ['workflow', 'variables', 'stages', 'default'];

/**
 * Compiles for a pipeline, and names every keyword that the kept jobs use and that is not in
 * `carried`: entries are `keyword`, `keyword:key` for the keys inside, `keyword:key:inner` where
 * one of those is carried in part, `when=value` for the values of `when`. Where includes are not carried, files that are missing are no fault of the
 * author, so the answer says that instead.
 */
export function compileForPipeline(input: CompileInput, carried: readonly string[]): PipelineCompile {
  const whole = compileWhole(input);
  const { answer, wantedNames } = whole;
  const autoCancel = whole.flow?.autoCancel ?? {};
  const unpinned = [...(whole.unpinned ?? [])];
  const unsupported = answer.created || whole.include ? unsupportedIn(whole, carried) : [];
  if (!whole.include || carried.includes('include')) return { answer, autoCancel, unsupported, wantedNames, unpinned };
  const others = answer.errors.filter((error) => !error.code.startsWith('include'));
  const included = unsupported.filter((finding) => finding.path === 'include');
  return {
    answer: { ...answer, valid: false, created: false, jobs: [], errors: [...others, ...included] },
    autoCancel,
    unsupported,
    wantedNames,
    unpinned,
  };
}

/** The same list for an answer that is already there; compiles again to find the places. */
export function notYetSupported(answer: CompileAnswer, input: CompileInput, carried: readonly string[]): Finding[] {
  return answer.created || answer.wanted.length > 0 ? compileForPipeline(input, carried).unsupported : [];
}

function unsupportedIn(whole: Whole, carried: readonly string[]): Finding[] {
  const report = new Report();
  const known = new Set(carried);
  const need = (keyword: string, path: string, at: Node) => {
    if (known.has(keyword)) return;
    const sentence =
      path === keyword
        ? `\`${keyword}\` is not supported by Crosstie yet.`
        : `${path} uses \`${keyword}\`, which Crosstie does not support yet.`;
    report.error('not_yet_supported', sentence, path, at);
  };
  if (whole.include) need('include', 'include', whole.include);
  for (const keyword of ROOT_KEYWORDS) {
    const entry = whole.root?.entries.get(keyword);
    if (!entry || isNull(entry.value)) continue;
    need(keyword, keyword, entry.key);
    if (keyword !== 'variables') continue;
    for (const [key, at] of innerKeys(keyword, entry.value)) need(`variables:${key}`, `variables:${plain(key)}`, at);
  }
  for (const { kept, instance, rule, when } of whole.decisions ?? []) {
    if (!kept) continue;
    const { definition } = instance;
    const path = `jobs:${plain(definition.name)}`;
    for (const [keyword, node] of definition.places) {
      if (COMPILED_AWAY.has(keyword)) continue;
      need(keyword, `${path}:${keyword}`, definition.node.entries.get(keyword)?.key ?? node);
      for (const [key, at] of innerKeys(keyword, node)) {
        need(`${keyword}:${key}`, `${path}:${keyword}:${plain(key)}`, at);
      }
      for (const [key, at] of deepKeys(keyword, node, carried)) need(key, `${path}:${plain(key)}`, at);
    }
    const decided = rule === null ? undefined : definition.values.rules?.[rule]?.at.entries.get('when')?.value;
    need(`when=${when}`, `${path}:when`, decided ?? definition.places.get('when') ?? definition.key);
  }
  return report.errors;
}

/** The keys inside a keyword's hash or hashes. For variables these are the keys of their long form. */
function innerKeys(keyword: string, node: Node): [string, Node][] {
  if (keyword === 'variables') {
    const entries = node.kind === 'map' ? [...node.entries.values()] : [];
    return entries.flatMap((entry) => keysOf(entry.value));
  }
  return (flatten(node) ?? []).flatMap(keysOf);
}

/** The keys one level further in, where `carried` goes into them: `cache:key:files`. */
function deepKeys(keyword: string, node: Node, carried: readonly string[]): [string, Node][] {
  const entries = (flatten(node) ?? []).flatMap((item) => (item.kind === 'map' ? [...item.entries] : []));
  return entries.flatMap(([key, { value }]) => {
    const outer = `${keyword}:${key}`;
    if (!carried.some((one) => one.startsWith(`${outer}:`))) return [];
    return keysOf(value).map(([inner, at]): [string, Node] => [`${outer}:${inner}`, at]);
  });
}

function keysOf(node: Node): [string, Node][] {
  return node.kind === 'map' ? [...node.entries].map(([key, entry]) => [key, entry.key]) : [];
}
