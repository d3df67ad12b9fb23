import type { CompileContext } from '../contract.js';
import { PathIndex } from './path-index.js';

/** What the rules of one file may look at. */
export interface Names {
  /** All files of the repository at the commit. */
  readonly tree: PathIndex;
  /** What the commit or push changed; null when that is not known. */
  readonly changed: PathIndex | null;
  /** What changed since the branch left `ref`; null when that is not known, undefined when there is no such ref. */
  changedSince(ref: string): PathIndex | null | undefined;
  /** All files of a project at a ref; undefined when it is not there or may not be seen. */
  treeOf(project: string, ref: string, isOwn?: boolean): PathIndex | undefined;
  /** As seen from a file of another project, or (null) from one that belongs to none. */
  within(place: { project: string; ref: string } | null): Names;
  /** Keys that were looked at and are not there. */
  readonly wanted: ReadonlySet<string>;
}

/**
 * The names of files that rules and wildcards look at. What was looked at and not handed in is noted
 * under the key of the context where it belongs (`paths`, `changed_paths`, `comparisons:REF`,
 * `trees:PROJECT@REF`), so that the caller can fetch that much and no more.
 */
export class FileNames implements Names {
  readonly wanted = new Set<string>();
  private readonly ownTree: PathIndex;
  private readonly ownChanges: PathIndex | null;
  private readonly indexes = new Map<string, PathIndex>();

  constructor(
    private readonly given: Pick<CompileContext, 'paths' | 'changed_paths' | 'comparisons' | 'trees'>,
    files: Readonly<Record<string, string>>,
    private readonly other: Readonly<Record<string, string>> = {},
  ) {
    this.ownTree = new PathIndex([...(given.paths ?? []), ...Object.keys(files)]);
    this.ownChanges = given.changed_paths ? new PathIndex(given.changed_paths) : null;
  }

  get tree(): PathIndex {
    if (this.given.paths === undefined) this.wanted.add('paths');
    return this.ownTree;
  }

  get changed(): PathIndex | null {
    if (this.given.changed_paths === undefined) this.wanted.add('changed_paths');
    return this.ownChanges;
  }

  changedSince(ref: string): PathIndex | null | undefined {
    const list = this.handedIn(this.given.comparisons, 'comparisons', ref);
    if (list === undefined) return this.ownChanges;
    return list === false ? undefined : list && this.indexed(`comparisons:${ref}`, list);
  }

  treeOf(project: string, ref: string, isOwn = false): PathIndex | undefined {
    const key = `${project}@${ref}`;
    const list = this.handedIn(this.given.trees, 'trees', key);
    if (list === false) return undefined;
    if (list === undefined && isOwn) return this.ownTree;
    return this.indexed(`trees:${key}`, list ?? this.handedInBy(key));
  }

  within(place: { project: string; ref: string } | null): Names {
    const tree = (): PathIndex => (place && this.treeOf(place.project, place.ref)) ?? NO_PATHS;
    return Object.create(this, { tree: { get: tree } }) as Names;
  }

  private handedIn<T>(lists: Readonly<Record<string, T>> | undefined, kind: string, key: string): T | undefined {
    if (lists !== undefined && Object.hasOwn(lists, key)) return lists[key];
    this.wanted.add(`${kind}:${key}`);
    return undefined;
  }

  /** Without a list, the files of a project are those whose text is there. */
  private handedInBy(key: string): string[] {
    const start = `project:${key}:`;
    const keys = Object.keys(this.other).filter((name) => name.startsWith(start));
    return keys.map((name) => name.slice(start.length));
  }

  private indexed(key: string, list: readonly string[]): PathIndex {
    const known = this.indexes.get(key) ?? new PathIndex(list);
    this.indexes.set(key, known);
    return known;
  }
}

const NO_PATHS = new PathIndex([]);
