import type { ZipEntry } from './zip-directory.js';

/** A file or a folder of an archive. */
export interface ArchiveEntry {
  type: 'folder' | 'file';
  name: string;
  path: string;
  /** Of a folder: all that lies in it, unpacked. */
  size: number;
  /** Files in a folder, at any depth; 1 for a file. */
  files: number;
}

/** What lies directly in a folder (empty: the top, else ending in a slash), folders first, each kind by name. */
export function entriesIn(entries: ReadonlyMap<string, ZipEntry>, folder: string): ArchiveEntry[] {
  const found = new Map<string, ArchiveEntry>();
  for (const { path, size } of entries.values()) {
    if (!path.startsWith(folder)) continue;
    const rest = path.slice(folder.length);
    const slash = rest.indexOf('/');
    const name = slash === -1 ? rest : rest.slice(0, slash + 1);
    const known = found.get(name);
    if (known) {
      known.size += size;
      known.files += 1;
    } else {
      const type = slash === -1 ? 'file' : 'folder';
      found.set(name, { type, name: name.replace(/\/$/, ''), path: folder + name, size, files: 1 });
    }
  }
  return [...found.values()].sort(foldersFirst);
}

function foldersFirst(one: ArchiveEntry, other: ArchiveEntry): number {
  if (one.type !== other.type) return one.type === 'folder' ? -1 : 1;
  if (one.name === other.name) return 0;
  return one.name < other.name ? -1 : 1;
}
