import type { BareRepository } from './bare-repository.js';
import { git } from './run-git.js';

export interface CommitToWrite {
  /** Full ref. */
  ref: string;
  /** Path to content; null deletes. A symlink and an executable file are told by `modes`. */
  files: Record<string, Buffer | null>;
  modes?: Record<string, string>;
  message: string;
  author: { name: string; email: string };
  at: number;
  /** Defaults to what the ref points at; null starts a history of its own. */
  parent?: string | null;
}

/** C-style quoting of a path for fast-import, where any byte may stand in a name. */
function quotePath(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function data(content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`data ${content.length}\n`), content, Buffer.from('\n')]);
}

/** Makes commits without a working tree, all in one `git fast-import`; gives the tip of the last one's ref. */
export async function writeCommits(repository: BareRepository, commits: CommitToWrite[]): Promise<string> {
  const stream: Buffer[] = [];
  const written = new Set<string>();
  for (const commit of commits) {
    const who = `${commit.author.name} <${commit.author.email}> ${Math.floor(commit.at / 1000)} +0000`;
    const parent = written.has(commit.ref) ? null : await parentOf(repository, commit);
    if (commit.parent === null && !written.has(commit.ref)) stream.push(Buffer.from(`reset ${commit.ref}\n\n`));
    stream.push(
      Buffer.from(`commit ${commit.ref}\nauthor ${who}\ncommitter ${who}\n`),
      data(Buffer.from(commit.message)),
    );
    if (parent) stream.push(Buffer.from(`from ${parent}\n`));
    for (const [path, content] of Object.entries(commit.files)) {
      const mode = commit.modes?.[path];
      if (content === null) stream.push(Buffer.from(`D ${quotePath(path)}\n`));
      // Of a submodule the tree holds the commit's id and nothing else.
      else if (mode === '160000') stream.push(Buffer.from(`M 160000 ${content.toString()} ${quotePath(path)}\n`));
      else stream.push(Buffer.from(`M ${mode ?? '100644'} inline ${quotePath(path)}\n`), data(content));
    }
    stream.push(Buffer.from('\n'));
    written.add(commit.ref);
  }
  await git(repository.directory, ['fast-import', '--quiet', '--force', '--date-format=raw'], Buffer.concat(stream));
  const tip = await repository.ref(commits.at(-1)?.ref ?? '');
  if (!tip) throw new Error('git fast-import made no commit');
  return tip.oid;
}

async function parentOf(repository: BareRepository, commit: CommitToWrite): Promise<string | null> {
  if (commit.parent !== undefined) return commit.parent;
  return (await repository.ref(commit.ref))?.oid ?? null;
}
