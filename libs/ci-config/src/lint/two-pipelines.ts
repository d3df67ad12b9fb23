import { compile } from '../compile.js';
import type { CompileContext, CompileInput } from '../contract.js';
import { plain, type Report } from '../findings.js';
import type { Configuration } from '../shape/root.js';

const BRANCH = 'lint/some-branch';

/**
 * Compiles for one change twice, as its push and as its merge request, the way an author sees it who has
 * an open one: when both make a pipeline with the same jobs, each change is built twice.
 */
export function warnTwoPipelinesForOneChange(configuration: Configuration, input: CompileInput, report: Report): void {
  const common: CompileContext = { ...input.context, ref: BRANCH, ref_type: 'branch', commit_message: '' };
  const open = `${common.project_path ?? 'acme/widget'}!1`;
  const variables = { ...common.variables, CI_OPEN_MERGE_REQUESTS: open };
  const push = compile({ ...input, explain: false, context: { ...common, source: 'push', variables } });
  const request = { iid: 1, source_branch: BRANCH, ...common.merge_request };
  const merge = compile({
    ...input,
    explain: false,
    context: { ...common, source: 'merge_request_event', merge_request: request },
  });
  if (!push.created || !merge.created) return;
  const pushed = new Set(push.jobs.map((job) => job.name));
  const twice = merge.jobs.map((job) => job.name).filter((name) => pushed.has(name));
  const [first] = twice;
  if (first === undefined) return;
  const more = twice.length === 1 ? '' : ` and ${twice.length - 1} more`;
  const sentence = `A push to a branch with an open pull request makes two pipelines, and ${plain(first)}${more} runs in both; decide between them in \`workflow:rules\`, as with \`if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS\` and \`when: never\`.`;
  const at = configuration.workflow.at ?? configuration.jobs.find((job) => first.startsWith(job.name))?.key;
  report.warn('two_pipelines_for_one_change', sentence, 'workflow:rules', at);
}
