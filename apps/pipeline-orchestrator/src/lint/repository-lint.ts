import { Injectable } from '@nestjs/common';
import type { Actor } from '@crosstie/access';
import type { CompileContext, CompileInput, LintReport } from '@crosstie/ci-config';
import { Database, findPushTarget, Project, type PushTarget } from '@crosstie/domain';
import { GithubError } from '@crosstie/github';
import { RequestFailed, RequestTimedOut } from '@crosstie/messaging';
import { Forbidden, NotFound, Unavailable } from '@crosstie/platform';
import { TokenRefused } from '@crosstie/token-vault';

import { ConfigLint, type Linted, type LintedInclude, type LintRequest } from '../config-lint.js';
import { readCiFile } from '../intake/ci-file.js';
import { compileConfig, lintConfig } from '../intake/compile-config.js';
import { ConfigCompiler } from '../intake/fetch/config-compiler.js';
import { NamesFault, NotVisibleYet } from '../intake/fetch/fetched.js';
import { readKey } from '../intake/fetch/wanted-key.js';
import { GithubDoor } from '../intake/github-door.js';
import { isProtectedBranch } from '../intake/pipeline-maker.js';

/** The text, and the commit beside which it stands; null where that is not known yet. */
interface Subject {
  readonly text: string;
  readonly sha: string | null;
}

type Compiled = Pick<Linted, 'sha' | 'includes'> & { readonly report: LintReport };

@Injectable()
export class RepositoryLint extends ConfigLint {
  constructor(
    private readonly database: Database,
    private readonly github: GithubDoor,
    private readonly configs: ConfigCompiler,
  ) {
    super();
  }

  async lint(actor: Actor, projectId: number, request: LintRequest): Promise<Linted> {
    const target = await this.target(projectId);
    const ref = request.ref ?? request.contentRef ?? target.defaultBranch ?? 'main';
    const { fullName, configPath } = target;
    try {
      const subject = await this.subject(target, request);
      const context = this.configs.withPlace(target, contextOf(target, ref, subject?.sha ?? null));
      const compiled = subject
        ? await this.compile(target, context, subject, actor)
        : await absent(target, request.contentRef ?? ref);
      const { report, sha, includes } = compiled;
      const content = request.content === null ? (subject?.text ?? null) : null;
      return { ...report, fullName, configPath, ref, sha, includes, content };
    } catch (error) {
      throw problemOf(error);
    }
  }

  private async target(projectId: number): Promise<PushTarget> {
    const project = await this.database.dataSource.getRepository(Project).findOneBy({ id: projectId });
    const target = project && (await this.database.first(findPushTarget, project.host, project.githubRepositoryId));
    if (!target) throw new NotFound('Project');
    return target;
  }

  /** Null: there is no such file at that commit. */
  private async subject(target: PushTarget, { content, contentRef }: LintRequest): Promise<Subject | null> {
    if (content !== null) return { text: content, sha: null };
    const github = await this.github.repository(target);
    const sha = await github.resolveCommit(target.fullName, contentRef ?? target.defaultBranch ?? 'HEAD');
    if (sha === null) throw new NotFound('Commit');
    const file = await readCiFile(github, { ...target, sha });
    if (file.kind === 'not_text') throw new NamesFault(`${target.configPath} is not a text in UTF-8.`);
    return file.kind === 'text' ? { text: file.text, sha } : null;
  }

  private async compile(
    target: PushTarget,
    context: CompileContext,
    subject: Subject,
    actor: Actor,
  ): Promise<Compiled> {
    const { text } = subject;
    const alone: CompileInput = { files: { [target.configPath]: text }, config_path: target.configPath, context };
    const first = await compileConfig(alone);
    // Most files need nothing from outside, and GitHub need not be asked for them.
    if (first.answer.wanted.length + first.wantedNames.length === 0) {
      return { report: await lintConfig({ ...alone, explain: true }), sha: subject.sha, includes: [] };
    }
    const sha = subject.sha ?? (await this.headOf(target, context.ref ?? ''));
    const whole = await this.configs.compile({ target, sha, userId: actor.userId, text, context, changes: null });
    const includes = whole.includes.map(({ key }) => toInclude(key));
    return { report: await lintConfig({ ...whole.input, explain: true }), sha, includes };
  }

  /** A branch that is not there yet would begin at the default branch's head. */
  private async headOf(target: PushTarget, ref: string): Promise<string> {
    const github = await this.github.repository(target);
    const sha =
      (await github.resolveCommit(target.fullName, ref)) ?? (await github.resolveCommit(target.fullName, 'HEAD'));
    if (sha === null) throw new NotFound('Commit');
    return sha;
  }
}

function contextOf(target: PushTarget, ref: string, sha: string | null): CompileContext {
  return {
    source: 'push',
    ref,
    ref_type: 'branch',
    protected: isProtectedBranch(target, ref),
    project_path: target.fullName,
    ...(sha !== null && { sha }),
    ...(target.defaultBranch !== null && { default_branch: target.defaultBranch }),
  };
}

function toInclude(key: string): LintedInclude {
  const wanted = readKey(key);
  switch (wanted.kind) {
    case 'local':
      return { type: 'local', location: wanted.path, extra: {} };
    case 'project':
      return { type: 'file', location: wanted.path, extra: { project: wanted.project, ref: wanted.ref } };
    case 'remote':
      return { type: 'remote', location: wanted.url, extra: {} };
    case 'template':
      return { type: 'template', location: wanted.name, extra: {} };
    case 'component':
      return { type: 'component', location: wanted.address, extra: {} };
  }
}

/** What the compiler makes of no text at all, with the sentence that helps. */
async function absent({ configPath }: PushTarget, ref: string): Promise<Compiled> {
  const report = await lintConfig({ files: { [configPath]: '' }, config_path: configPath });
  const errors = [{ code: 'no_ci_file', message: `There is no ${configPath} at ${ref}.` }];
  const answer = { ...report.answer, valid: false, created: false, errors, warnings: [] };
  return { report: { ...report, answer, merged: null, written: [] }, sha: null, includes: [] };
}

/** What a person is told where GitHub could not be asked; a bug is passed on. */
function problemOf(error: unknown): unknown {
  if (error instanceof NamesFault) return new Unavailable(error.message);
  if (error instanceof NotVisibleYet) return new Unavailable('GitHub does not show the commit yet. Try again shortly.');
  if (error instanceof TokenRefused && !error.retryable) return new Forbidden(error.message);
  const isPassing =
    error instanceof GithubError ||
    error instanceof TokenRefused ||
    error instanceof RequestTimedOut ||
    error instanceof RequestFailed;
  return isPassing ? new Unavailable(`GitHub cannot be asked now: ${error.message}`) : error;
}
