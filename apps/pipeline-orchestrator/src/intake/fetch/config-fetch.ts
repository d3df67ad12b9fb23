import { bundledTemplate } from '@crosstie/ci-config';
import type { PushTarget } from '@crosstie/domain';
import { type GithubClient, GithubError } from '@crosstie/github';

import type { Components } from './components.js';
import { type FetchBudget, TimeOver } from './fetch-budget.js';
import { asText, fault, type Fetched, missing, NamesFault, NotVisibleYet, quoted } from './fetched.js';
import { type Changes, changedFiles, filesOf } from './file-names.js';
import { isClosed, type Neighbours } from './neighbours.js';
import type { RemoteTexts } from './remote-texts.js';
import { nameOf, readKey, type WantedKey } from './wanted-key.js';

export interface FetchSources {
  readonly github: GithubClient;
  readonly neighbours: Neighbours;
  readonly components: Components;
  readonly remote: RemoteTexts;
}

export interface FetchSubject {
  readonly target: PushTarget;
  readonly sha: string;
  /** Null: not known, as on a new branch. */
  readonly changes: Changes | null;
}

/** Null: it cannot be known. False: what it is about is not there, or may not be seen. */
export type NameList = readonly string[] | null | false;

/**
 * Fetches for one pipeline what its compiler asks for. Texts come as texts or as the reason why not;
 * where GitHub cannot be asked now, its error is thrown, since the pipeline waits then.
 */
export class ConfigFetch {
  private visibility: Promise<boolean> | null = null;
  private isVisible = false;

  constructor(
    private readonly subject: FetchSubject,
    private readonly sources: FetchSources,
    private readonly budget: FetchBudget,
  ) {}

  /** What a key of `wanted` stands for. Throws GithubError, TokenRefused, Unavailable, NotVisibleYet. */
  async text(key: string): Promise<Fetched> {
    const wanted = readKey(key);
    const { limits } = this.budget;
    try {
      const fetched = await this.budget.run(() => this.read(wanted));
      if (fetched.kind !== 'text' || this.budget.take(Buffer.byteLength(fetched.text))) return fetched;
      return fault(
        `${nameOf(wanted)} is one too many: all includes together have more than ${inMib(limits.allBytes)}!`,
      );
    } catch (error) {
      const why = faultIn(error, limits);
      if (why !== null) return fault(`${nameOf(wanted)} ${why}!`);
      if (wanted.kind !== 'local' && isClosed(error)) return fault(`${nameOf(wanted)} not found or access denied!`);
      throw error;
    }
  }

  /** The list that belongs to a key of `wantedNames`. Throws as `text` does, and NamesFault. */
  async names(key: string): Promise<NameList> {
    try {
      return await this.budget.run(() => this.list(key));
    } catch (error) {
      if (!(error instanceof TimeOver)) throw error;
      throw new NamesFault('GitHub did not list the names of files in time, so the rules cannot be decided.');
    }
  }

  private read(wanted: WantedKey): Promise<Fetched> {
    const { neighbours, components, remote } = this.sources;
    switch (wanted.kind) {
      case 'local':
        return this.local(wanted.path);
      case 'project':
        return components.isForeign(wanted.project, wanted.ref)
          ? Promise.resolve(fault('A component of another server can include no files from beside it!'))
          : neighbours.file(wanted.project, wanted.ref, wanted.path);
      case 'remote':
        return remote.text(wanted.url);
      case 'component':
        return components.text(wanted.address);
      case 'template':
        return Promise.resolve(bundled(wanted.name));
    }
  }

  private async local(path: string): Promise<Fetched> {
    const { target, sha } = this.subject;
    const read = () => this.sources.github.readFile(target.fullName, path, sha, this.budget.limits.fileBytes);
    const wasVisible = this.isVisible;
    let bytes = await read();
    if (!bytes && !wasVisible) {
      // GitHub's 404 may mean the path or the commit, which it may have shown in between.
      if (!(await this.visible())) throw new NotVisibleYet();
      bytes = await read();
    }
    return bytes ? asText(bytes, `Local file ${quoted(path)}`) : missing;
  }

  /** Asked once for all files, however many are missing. */
  private async visible(): Promise<boolean> {
    const { target, sha } = this.subject;
    this.visibility ??= this.sources.github.commitExists(target.fullName, sha);
    this.isVisible = await this.visibility;
    return this.isVisible;
  }

  private list(key: string): Promise<NameList> {
    const [, kind = '', about = ''] = /^([a-z_]+):?(.*)$/s.exec(key) ?? [];
    switch (kind) {
      case 'paths':
        return this.ownFiles();
      case 'changed_paths':
        return this.changed();
      case 'comparisons':
        return this.changedSince(about);
      case 'trees':
        return this.filesElsewhere(about);
      default:
        throw new Error(`The compiler asks for ${key}, which nobody knows`);
    }
  }

  private async ownFiles(): Promise<NameList> {
    const { target, sha } = this.subject;
    const files = await filesOf(this.sources.github, target.fullName, sha);
    if (!files) throw new NotVisibleYet();
    return files;
  }

  private async changed(): Promise<NameList> {
    const { target, sha, changes } = this.subject;
    return changes && changedFiles(this.sources.github, target.fullName, changes, sha);
  }

  private async changedSince(ref: string): Promise<NameList> {
    const { target, sha } = this.subject;
    const base = await this.sources.github.resolveCommit(target.fullName, ref);
    return base !== null && changedFiles(this.sources.github, target.fullName, { base, since: 'parting' }, sha);
  }

  private async filesElsewhere(place: string): Promise<NameList> {
    const { neighbours } = this.sources;
    const at = place.indexOf('@');
    const project = place.slice(0, at);
    try {
      const neighbour = await neighbours.open(project);
      const sha = neighbour && (await neighbours.commit(project, neighbour, place.slice(at + 1)));
      return (neighbour && sha && (await filesOf(neighbour.github, neighbour.fullName, sha))) || false;
    } catch (error) {
      if (isClosed(error)) return false;
      throw error;
    }
  }
}

function faultIn(error: unknown, limits: FetchBudget['limits']): string | null {
  if (error instanceof TimeOver) return `did not come within the ${limits.totalMs / 1000} s for all includes`;
  const isTooLarge = error instanceof GithubError && error.kind === 'too_large';
  return isTooLarge ? `is larger than ${inMib(limits.fileBytes)}` : null;
}

function inMib(bytes: number): string {
  return `${bytes / 1024 / 1024} MiB`;
}

function bundled(name: string): Fetched {
  const text = bundledTemplate(name);
  return text === undefined ? missing : { kind: 'text', text };
}
