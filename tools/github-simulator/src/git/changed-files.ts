import type { BareRepository } from './bare-repository.js';
import type { TreeEntry } from './parse-object.js';

export interface ChangedFiles {
  added: string[];
  removed: string[];
  modified: string[];
}

/** The files that differ between two trees; null stands for the empty tree. */
export async function changedFiles(
  repository: BareRepository,
  before: string | null,
  after: string | null,
): Promise<ChangedFiles> {
  const changes: ChangedFiles = { added: [], removed: [], modified: [] };
  await compareTrees(repository, before, after, '', changes);
  return changes;
}

async function compareTrees(
  repository: BareRepository,
  before: string | null,
  after: string | null,
  folder: string,
  changes: ChangedFiles,
): Promise<void> {
  if (before === after) return;
  const [older, newer] = await Promise.all([entriesOf(repository, before), entriesOf(repository, after)]);
  for (const name of [...new Set([...older.keys(), ...newer.keys()])].sort()) {
    const [a, b] = [older.get(name), newer.get(name)];
    if (a?.oid === b?.oid && a?.mode === b?.mode) continue;
    const path = `${folder}${name}`;
    const [treeA, treeB] = [treeOid(a), treeOid(b)];
    if (treeA !== null || treeB !== null) await compareTrees(repository, treeA, treeB, `${path}/`, changes);
    const [fileA, fileB] = [isFile(a), isFile(b)];
    if (fileA && fileB) changes.modified.push(path);
    else if (fileA) changes.removed.push(path);
    else if (fileB) changes.added.push(path);
  }
}

async function entriesOf(repository: BareRepository, oid: string | null): Promise<Map<string, TreeEntry>> {
  const entries = oid === null ? [] : ((await repository.tree(oid)) ?? []);
  return new Map(entries.map((entry) => [entry.name, entry]));
}

function treeOid(entry: TreeEntry | undefined): string | null {
  return entry?.type === 'tree' ? entry.oid : null;
}

function isFile(entry: TreeEntry | undefined): boolean {
  return entry !== undefined && entry.type !== 'tree';
}
