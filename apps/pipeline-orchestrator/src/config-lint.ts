import type { Actor } from '@crosstie/access';
import type { LintReport } from '@crosstie/ci-config';

/** A text, or the CI file of a commit, as the file of a push. */
export interface LintRequest {
  /** Null: the file that stands in the repository at `contentRef`. */
  readonly content: string | null;
  /** A branch, a tag or a commit; null: the default branch. */
  readonly contentRef: string | null;
  /** What is pushed to; null: `contentRef`, else the default branch. */
  readonly ref: string | null;
}

export interface Linted extends LintReport {
  readonly fullName: string;
  readonly configPath: string;
  readonly ref: string;
  /** The commit whose files were read; null where none was needed. */
  readonly sha: string | null;
  readonly includes: readonly LintedInclude[];
  /** The CI file, where it was read from the repository. */
  readonly content: string | null;
}

/** One text that was included, in GitLab's words. */
export interface LintedInclude {
  readonly type: 'local' | 'file' | 'remote' | 'template' | 'component';
  /** A path, an address or a name. */
  readonly location: string;
  /** Where the file is another project's. */
  readonly extra: Readonly<Record<string, string>>;
}

/**
 * Compiles for the one who writes the file. The `api` module asks, the `lint` module answers, with the
 * compiler and the fetching of a push: what is said here is what a push comes to.
 */
export abstract class ConfigLint {
  /**
   * Throws a `Problem`: no such project or commit, or GitHub cannot be asked now. The caller has checked
   * that the actor may see the project; what is included is read with the actor's rights.
   */
  abstract lint(actor: Actor, projectId: number, request: LintRequest): Promise<Linted>;
}
