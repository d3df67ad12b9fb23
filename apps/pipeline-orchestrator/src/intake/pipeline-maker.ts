import { Injectable } from '@nestjs/common';
import type { CompileContext, Finding, PipelineCompile } from '@crosstie/ci-config';
import { Database, describeProject, lanesFor, type PushTarget } from '@crosstie/domain';
import { GithubError } from '@crosstie/github';
import { Outbox, RequestFailed, RequestTimedOut } from '@crosstie/messaging';
import type { DeliveryReason, PipelineReason } from '@crosstie/pipeline';
import { CrosstieConfig, faultPoint, reached, Unavailable } from '@crosstie/platform';
import { TokenClient, TokenRefused } from '@crosstie/token-vault';

import { type BlobIds, hasFileKeys } from './cache-keys.js';
import { type CiFile, readCiFile } from './ci-file.js';
import { cleanText } from './clean-text.js';
import { type ConfigCompile, ConfigCompiler } from './fetch/config-compiler.js';
import { NamesFault, NotVisibleYet } from './fetch/fetched.js';
import { type Changes, listTree } from './fetch/file-names.js';
import { GithubDoor } from './github-door.js';
import { pipelineVariables } from './job-variables.js';
import { lagDelayMs, outageDelayMs, type Waiting } from './github-waits.js';
import type { Verdict } from './people.js';
import { jobsMax, pipelineRows, type PipelineRows } from './pipeline-rows.js';
import type { PushedCommit } from './push-payload.js';
import { isSourceVerified } from './source-check.js';

/** One commit on one branch of a project, and who wants it run. */
export interface Wanted {
  readonly target: PushTarget;
  readonly pipelineId: number;
  readonly guid: string;
  readonly branch: string;
  readonly sha: string;
  readonly before: string;
  /** What the payload calls the repository: never believed, but a reason to ask GitHub. */
  readonly named: { readonly fullName: string; readonly defaultBranch: string | null };
  readonly commit: PushedCommit | null;
  readonly at: Date;
  readonly waiting: Waiting;
  /** Asked beside GitHub, never before it is needed. */
  readonly judge: () => Promise<Verdict>;
}

/** What became of it: to be stored, or to be asked again later. */
export type Made =
  | { readonly kind: 'later'; readonly delayMs: number; readonly why: string }
  | { readonly kind: 'none'; readonly reason: DeliveryReason; readonly detail: string | null }
  | Refused
  | Ready;

export interface Refused {
  readonly kind: 'refused';
  readonly reason: PipelineReason;
  readonly detail: string | null;
  readonly yamlErrors: string | null;
  readonly userId: number | null;
}

export interface Ready {
  readonly kind: 'ready';
  readonly userId: number;
  readonly name: string | null;
  readonly rows: PipelineRows;
  readonly laneIds: readonly number[];
}

const yamlErrorsBytesMax = 64 * 1024;

/**
 * Decides about one commit, asking GitHub what only GitHub knows: the CI file, whether the branch
 * really held the commit, and, once both and the person hold, the token its jobs will clone with.
 * Stores nothing. No token is made for a source that is not verified or a person who may not.
 */
@Injectable()
export class PipelineMaker {
  constructor(
    private readonly config: CrosstieConfig,
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly github: GithubDoor,
    private readonly tokens: TokenClient,
    private readonly configs: ConfigCompiler,
  ) {}

  async make(asked: Wanted): Promise<Made> {
    if (asked.target.suspended) return refused('installation_suspended');
    try {
      const wanted = { ...asked, target: await this.current(asked) };
      const [file, verified, verdict] = await Promise.all([
        this.readFile(wanted),
        this.verifySource(wanted),
        this.judge(wanted),
      ]);
      reached('intake.asked');
      return await this.decide(wanted, file, verified, verdict);
    } catch (error) {
      return outcomeOf(error, asked);
    }
  }

  private async decide(wanted: Wanted, file: CiFile, verified: boolean, verdict: Verdict): Promise<Made> {
    // No file means no pipeline, whoever pushed.
    if (file.kind === 'absent') return { kind: 'none', reason: 'no_ci_file', detail: wanted.target.configPath };
    if (file.kind === 'commit_not_visible' || !verified) {
      const delayMs = lagDelayMs(wanted.waiting);
      const why = 'waiting for GitHub to show the commit on its branch';
      return delayMs === null ? refused('source_not_verified', null, verdict.userId) : { kind: 'later', delayMs, why };
    }
    if (!verdict.may) return refused(verdict.reason, null, verdict.userId);
    if (file.kind === 'not_text') {
      return refused('config_error', `${wanted.target.configPath} is not a text in UTF-8.`, verdict.userId);
    }
    return this.compileAndLease(wanted, file.text, verdict.userId);
  }

  private async compileAndLease(wanted: Wanted, text: string, userId: number): Promise<Made> {
    const { target, pipelineId } = wanted;
    const [made, lease] = await Promise.allSettled([
      this.compile(wanted, text, userId).finally(() => reached('intake.compiled')),
      this.tokens.cloneLease({ pipelineId, projectId: target.projectId, userId }),
    ]);
    reached('intake.leased');
    if (made.status === 'rejected') throw made.reason;
    if (made.value.kind === 'ready' && lease.status === 'rejected') return outcomeOf(lease.reason, wanted, userId);
    return made.value;
  }

  private async compile(wanted: Wanted, text: string, userId: number): Promise<Made> {
    const { target, sha } = wanted;
    const context = contextOf(wanted);
    const compiled = await this.configs.compile({ target, sha, userId, text, context, changes: changesOf(wanted) });
    await faultPoint('orchestrator.after_compile');
    const fault = faultOf(compiled);
    if (fault) return { ...fault, userId };
    const { answer } = compiled;
    if (!answer.created) return { kind: 'none', reason: 'filtered', detail: answer.reason };
    return this.ready(wanted, compiled, context, userId);
  }

  private async ready(
    wanted: Wanted,
    compiled: ConfigCompile,
    context: CompileContext,
    userId: number,
  ): Promise<Ready> {
    const { target, commit } = wanted;
    const { answer } = compiled;
    const author = commit?.authorName ? `${commit.authorName} <${commit.authorEmail ?? ''}>` : null;
    const common = pipelineVariables(context, {
      ...target,
      serverUrl: this.config.url,
      githubWebUrl: this.config.github.webUrl,
      githubHost: target.host,
      isPrivate: target.private,
      pipelineId: wanted.pipelineId,
      createdAt: wanted.at,
      pipelineName: answer.name,
      author,
      authoredAt: commit?.timestamp ?? null,
    });
    const blobs = hasFileKeys(answer.jobs) ? await this.blobIds(wanted) : null;
    const rows = await pipelineRows(compiled, common, blobs);
    const isProtected = context.protected === true;
    const wishes = rows.tags.map((tags) => ({ projectId: target.projectId, protected: isProtected, tags }));
    return { kind: 'ready', userId, name: answer.name, rows, laneIds: await lanesFor(this.database, wishes) };
  }

  /** Throws NamesFault where there are too many files to be listed, and NotVisibleYet. */
  private async blobIds({ target, sha }: Wanted): Promise<BlobIds> {
    const entries = await listTree(await this.github.repository(target), target.fullName, sha);
    if (!entries) throw new NotVisibleYet(target.fullName);
    return new Map(entries.filter(({ type }) => type === 'blob').map((entry) => [entry.path, entry.sha]));
  }

  /** The project as GitHub describes it now, when the payload speaks of another name or default branch. */
  private async current({ target, named }: Wanted): Promise<PushTarget> {
    if (named.fullName === target.fullName && named.defaultBranch === target.defaultBranch) return target;
    const { host, githubRepositoryId } = target;
    const github = await this.github.repository(target);
    for await (const repository of github.installationRepositories()) {
      if (repository.id !== githubRepositoryId) continue;
      const { fullName, defaultBranch, isPrivate } = repository;
      this.outbox.publish(
        await this.database.run(describeProject, host, githubRepositoryId, fullName, defaultBranch, isPrivate, null),
      );
      return { ...target, fullName, defaultBranch, private: isPrivate };
    }
    return target;
  }

  private async readFile({ target, sha }: Wanted): Promise<CiFile> {
    const file = await readCiFile(await this.github.repository(target), { ...target, sha });
    await faultPoint('orchestrator.after_ci_read');
    return file;
  }

  private async judge(wanted: Wanted): Promise<Verdict> {
    const verdict = await wanted.judge();
    await faultPoint('orchestrator.after_actor');
    return verdict;
  }

  private async verifySource({ target, sha, branch, guid }: Wanted): Promise<boolean> {
    const source = { ...target, sha, branch, guid };
    return isSourceVerified(await this.github.repository(target), () => this.github.app(), source);
  }
}

/** Whether a branch is protected: until there are rules for it, the default branch is. */
export function isProtectedBranch(target: PushTarget, branch: string): boolean {
  return branch === target.defaultBranch;
}

/** A branch that is new has changed everything. */
function changesOf({ before }: Wanted): Changes | null {
  return /^0+$/.test(before) ? null : { base: before, since: 'tips' };
}

function contextOf({ target, branch, sha, before, commit }: Wanted): CompileContext {
  return {
    source: 'push',
    ref: branch,
    ref_type: 'branch',
    sha,
    before_sha: before,
    protected: isProtectedBranch(target, branch),
    commit_message: commit?.message ?? '',
    project_path: target.fullName,
    ...(target.defaultBranch !== null && { default_branch: target.defaultBranch }),
  };
}

/** Why a compiled file makes no pipeline that runs; null when it does. */
function faultOf({ answer, unsupported }: PipelineCompile): Omit<Refused, 'userId'> | null {
  if (answer.errors.length > 0) {
    return faulty('config_error', answer.errors);
  }
  if (unsupported.length > 0) return faulty('not_yet_supported', unsupported);
  if (answer.jobs.length <= jobsMax) return null;
  const message = `The pipeline has ${answer.jobs.length} jobs; at most ${jobsMax} are allowed.`;
  return faulty('config_error', [{ code: 'too_many_jobs', message }]);
}

function faulty(reason: PipelineReason, findings: readonly Finding[]): Omit<Refused, 'userId'> {
  const sentences = findings.map(findingSentence);
  const yamlErrors = cleanText(sentences.join('\n'), yamlErrorsBytesMax);
  return { kind: 'refused', reason, detail: sentences[0] ?? null, yamlErrors };
}

function findingSentence({ message, file, line }: Finding): string {
  if (line === undefined) return message;
  return `${message.replace(/\.$/, '')} (${file ? `${file}:` : 'line '}${line}).`;
}

function refused(reason: PipelineReason, detail: string | null = null, userId: number | null = null): Refused {
  return { kind: 'refused', reason, detail, yamlErrors: null, userId };
}

/** What a failed call of GitHub or of the token authority means for the pipeline; a bug is thrown on. */
function outcomeOf(error: unknown, { waiting }: Wanted, userId: number | null = null): Made {
  if (error instanceof NamesFault) return refused('config_error', error.message, userId);
  if (error instanceof NotVisibleYet) return ofLag(waiting, userId);
  if (error instanceof TokenRefused && !error.retryable) return ofTokenRefusal(error, userId);
  if (error instanceof GithubError && !error.canHelpToRetry) {
    if (error.kind === 'suspended') return refused('installation_suspended', null, userId);
    return refused('ci_file_unreadable', cleanText(error.message, 200), userId);
  }
  if (!isPassing(error)) throw error;
  const asked = error instanceof TokenRefused || error instanceof GithubError ? error.retryAfterMs : null;
  const delayMs = outageDelayMs(waiting, asked);
  if (delayMs === null) return refused('ci_file_unreadable', 'GitHub did not answer', userId);
  return { kind: 'later', delayMs, why: 'waiting for GitHub' };
}

function ofLag(waiting: Waiting, userId: number | null): Made {
  const delayMs = lagDelayMs(waiting);
  if (delayMs === null) return refused('ci_file_unreadable', 'GitHub does not show the commit', userId);
  return { kind: 'later', delayMs, why: 'waiting for GitHub to show the commit' };
}

type Passing = GithubError | TokenRefused | RequestTimedOut | RequestFailed | Unavailable;

function isPassing(error: unknown): error is Passing {
  return (
    error instanceof GithubError ||
    error instanceof TokenRefused ||
    error instanceof RequestTimedOut ||
    error instanceof RequestFailed ||
    error instanceof Unavailable
  );
}

function ofTokenRefusal(error: TokenRefused, userId: number | null): Refused {
  switch (error.reason) {
    case 'token_scope_mismatch':
    case 'installation_suspended':
    case 'sender_not_linked':
    case 'terms_not_accepted':
      return refused(error.reason, null, userId);
    case 'token_refused':
    case 'needs_reauth':
    case 'github_unavailable':
    case 'app_missing':
      return refused('token_refused', cleanText(error.message, 200), userId);
  }
}
