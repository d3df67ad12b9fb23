import { GitHubError, notFound } from '../http/github-error.js';
import type { BareRepository } from '../git/bare-repository.js';
import type { TreeEntry } from '../git/parse-object.js';
import { type Answer, anybody, type Operation, type RepositoryCall } from './operation.js';
import { visibleCommit } from './revisions.js';

const inlineBytesMax = 1024 * 1024;
const contentBytesMax = 100 * 1024 * 1024;
const entriesMax = 1000;

async function entryAt(git: BareRepository, commit: string, path: string): Promise<TreeEntry | null> {
  let tree = (await git.commit(commit))?.tree;
  const names = path.split('/').filter((name) => name !== '');
  for (const [index, name] of names.entries()) {
    const entry: TreeEntry | undefined =
      tree === undefined ? undefined : (await git.tree(tree))?.find((each) => each.name === name);
    if (!entry) return null;
    if (index === names.length - 1) return entry;
    tree = entry.type === 'tree' ? entry.oid : undefined;
  }
  return tree === undefined ? null : { mode: '040000', type: 'tree', name: '', oid: tree };
}

/** Follows a symlink to a normal file of the repository; other links stay links. */
async function throughLink(git: BareRepository, commit: string, path: string, entry: TreeEntry): Promise<TreeEntry> {
  if (entry.mode !== '120000') return entry;
  const target = (await git.objects.read(entry.oid))?.data.toString('utf8') ?? '';
  const folders = path.split('/').slice(0, -1);
  for (const name of target.split('/')) {
    if (name === '..') folders.pop();
    else if (name !== '.' && name !== '') folders.push(name);
  }
  const linked = target.startsWith('/') ? null : await entryAt(git, commit, folders.join('/'));
  return linked?.type === 'blob' && linked.mode !== '120000' ? linked : entry;
}

function urls(call: RepositoryCall, path: string, oid: string, ref: string, type: string): Record<string, unknown> {
  const { world, repository } = call;
  const name = world.store.fullName(repository);
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  const api = `${world.addresses.api}/repos/${name}`;
  const self = `${api}/contents/${encoded}?ref=${encodeURIComponent(ref)}`;
  const git = `${api}/git/${type === 'dir' ? 'trees' : 'blobs'}/${oid}`;
  const html = `${world.addresses.web}/${name}/${type === 'dir' ? 'tree' : 'blob'}/${encodeURIComponent(ref)}/${encoded}`;
  return {
    url: self,
    git_url: git,
    html_url: html,
    download_url: type === 'file' ? `${world.addresses.web}/raw/${name}/${encodeURIComponent(ref)}/${encoded}` : null,
    _links: { self, git, html },
  };
}

async function contents(call: RepositoryCall): Promise<Answer> {
  const { world, repository, params } = call;
  const git = world.git(repository);
  const path = (params['path'] ?? '').replace(/^\/+|\/+$/g, '');
  const ref = call.query.get('ref') ?? repository.defaultBranch;
  const commit = await visibleCommit(world, repository, ref);
  if (commit === null) {
    if (call.query.get('ref') === null) throw new GitHubError(404, 'This repository is empty.');
    throw new GitHubError(404, `No commit found for the ref ${ref}`);
  }
  const found = await entryAt(git, commit, path);
  if (!found) throw notFound();
  if (found.type === 'tree') return directory(call, git, found.oid, path, ref);
  if (found.type === 'commit') return { status: 200, body: submodule(call, found, path, ref) };
  const entry = await throughLink(git, commit, path, found);
  if (entry.mode === '120000' && !/raw/.test(call.accept))
    return { status: 200, body: await link(call, git, entry, path, ref) };
  return file(call, git, entry, path, ref);
}

async function file(
  call: RepositoryCall,
  git: BareRepository,
  entry: TreeEntry,
  path: string,
  ref: string,
): Promise<Answer> {
  const size = (await git.objects.info(entry.oid))?.size ?? 0;
  if (size > contentBytesMax) throw new GitHubError(403, 'This API returns blobs up to 100 MB in size.');
  const blob = await git.objects.read(entry.oid);
  if (!blob) throw notFound();
  if (/vnd\.github(\.v3)?\.raw/.test(call.accept)) {
    return { status: 200, raw: { contentType: 'application/vnd.github.raw+json; charset=utf-8', data: blob.data } };
  }
  const inline = size <= inlineBytesMax;
  if (!inline && !/object/.test(call.accept)) {
    throw new GitHubError(403, 'This API returns blobs up to 1 MB in size. The requested blob is too large.');
  }
  const body = {
    type: 'file',
    name: path.split('/').at(-1) ?? '',
    path,
    sha: entry.oid,
    size,
    encoding: inline ? 'base64' : 'none',
    content: inline ? wrapped(blob.data.toString('base64')) : '',
    ...urls(call, path, entry.oid, ref, 'file'),
  };
  return { status: 200, body };
}

/** Base64 in lines, as GitHub sends it. */
function wrapped(base64: string): string {
  return base64.replaceAll(/.{60}/g, '$&\n') + (base64.length % 60 === 0 ? '' : '\n');
}

async function directory(
  call: RepositoryCall,
  git: BareRepository,
  oid: string,
  path: string,
  ref: string,
): Promise<Answer> {
  const entries = ((await git.tree(oid)) ?? []).slice(0, entriesMax);
  const items = await Promise.all(
    entries.map(async (entry) => {
      const at = path === '' ? entry.name : `${path}/${entry.name}`;
      const type = entry.type === 'tree' ? 'dir' : entry.mode === '120000' ? 'symlink' : 'file';
      const size = entry.type === 'blob' ? ((await git.objects.info(entry.oid))?.size ?? 0) : 0;
      return { type, size, name: entry.name, path: at, sha: entry.oid, ...urls(call, at, entry.oid, ref, type) };
    }),
  );
  if (!/vnd\.github(\.v3)?\.object/.test(call.accept)) return { status: 200, body: items };
  const name = path.split('/').at(-1) ?? '';
  return {
    status: 200,
    body: { type: 'dir', size: 0, name, path, sha: oid, entries: items, ...urls(call, path, oid, ref, 'dir') },
  };
}

async function link(
  call: RepositoryCall,
  git: BareRepository,
  entry: TreeEntry,
  path: string,
  ref: string,
): Promise<unknown> {
  const target = (await git.objects.read(entry.oid))?.data.toString('utf8') ?? '';
  const name = path.split('/').at(-1) ?? '';
  return {
    type: 'symlink',
    target,
    size: target.length,
    name,
    path,
    sha: entry.oid,
    ...urls(call, path, entry.oid, ref, 'file'),
  };
}

function submodule(call: RepositoryCall, entry: TreeEntry, path: string, ref: string): unknown {
  const name = path.split('/').at(-1) ?? '';
  const places = urls(call, path, entry.oid, ref, 'dir');
  return { type: 'submodule', submodule_git_url: '', size: 0, name, path, sha: entry.oid, ...places };
}

async function tree(call: RepositoryCall): Promise<Answer> {
  const { world, repository, params } = call;
  const git = world.git(repository);
  const wanted = params['tree_sha'] ?? '';
  const commit = await visibleCommit(world, repository, wanted);
  const oid =
    commit === null ? (/^[0-9a-f]{40}$/.test(wanted) ? wanted : null) : ((await git.commit(commit))?.tree ?? null);
  const top = oid === null ? null : await git.tree(oid);
  if (oid === null || top === null) throw notFound();
  const api = `${world.addresses.api}/repos/${world.store.fullName(repository)}/git`;
  const items: Record<string, unknown>[] = [];
  const recursive = call.query.get('recursive') !== null;
  await listTree(git, top, '', recursive, api, items);
  const shown = recursive ? items.slice(0, world.switches.treeEntriesMax) : items;
  const truncated = shown.length < items.length;
  return { status: 200, body: { sha: oid, url: `${api}/trees/${oid}`, tree: shown, truncated } };
}

async function listTree(
  git: BareRepository,
  entries: TreeEntry[],
  folder: string,
  recursive: boolean,
  api: string,
  items: Record<string, unknown>[],
): Promise<void> {
  for (const entry of entries) {
    const size = entry.type === 'blob' ? (await git.objects.info(entry.oid))?.size : undefined;
    const url = `${api}/${entry.type === 'tree' ? 'trees' : 'blobs'}/${entry.oid}`;
    items.push({
      path: `${folder}${entry.name}`,
      mode: entry.mode,
      type: entry.type,
      sha: entry.oid,
      ...(size === undefined ? {} : { size }),
      ...(entry.type === 'commit' ? {} : { url }),
    });
    if (recursive && entry.type === 'tree') {
      await listTree(git, (await git.tree(entry.oid)) ?? [], `${folder}${entry.name}/`, recursive, api, items);
    }
  }
}

async function blob(call: RepositoryCall): Promise<Answer> {
  const oid = call.params['file_sha'] ?? '';
  const found = /^[0-9a-f]{40}$/.test(oid) ? await call.world.git(call.repository).objects.read(oid) : null;
  if (found?.type !== 'blob') throw notFound();
  if (/raw/.test(call.accept)) {
    return { status: 200, raw: { contentType: 'application/vnd.github.raw+json; charset=utf-8', data: found.data } };
  }
  const url = `${call.world.addresses.api}/repos/${call.world.store.fullName(call.repository)}/git/blobs/${oid}`;
  const content = wrapped(found.data.toString('base64'));
  return { status: 200, body: { sha: oid, node_id: `B_${oid}`, size: found.size, url, content, encoding: 'base64' } };
}

const read = { permission: 'contents', level: 'read' } as const;

export const contentsOperations: Operation[] = [
  { method: 'GET', path: '/repos/{owner}/{repo}/contents/{path}', askers: anybody, need: read, inRepository: contents },
  { method: 'GET', path: '/repos/{owner}/{repo}/contents/', askers: anybody, need: read, inRepository: contents },
  { method: 'GET', path: '/repos/{owner}/{repo}/contents', askers: anybody, need: read, inRepository: contents },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/git/trees/{tree_sha}',
    askers: anybody,
    need: read,
    inRepository: tree,
  },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/git/blobs/{file_sha}',
    askers: anybody,
    need: read,
    inRepository: blob,
  },
];
