/** A person and a moment, as they stand in a commit. */
export interface Signature {
  name: string;
  email: string;
  /** ISO 8601 with the offset of the one who wrote it, as in GitHub's webhooks. */
  date: string;
  utc: string;
}

export interface CommitObject {
  oid: string;
  tree: string;
  parents: string[];
  author: Signature;
  committer: Signature;
  message: string;
}

export interface TreeEntry {
  mode: string;
  type: 'blob' | 'tree' | 'commit';
  name: string;
  oid: string;
}

function parseSignature(text: string): Signature {
  const found = /^(.*?) ?<([^>]*)> (-?\d+) ([+-])(\d\d)(\d\d)$/.exec(text);
  const seconds = Number(found?.[3] ?? 0);
  const offset = (Number(found?.[5] ?? 0) * 60 + Number(found?.[6] ?? 0)) * (found?.[4] === '-' ? -1 : 1);
  const local = new Date((seconds + offset * 60) * 1000).toISOString().slice(0, 19);
  return {
    name: found?.[1] ?? '',
    email: found?.[2] ?? '',
    date: offset === 0 ? `${local}Z` : `${local}${found?.[4]}${found?.[5]}:${found?.[6]}`,
    utc: `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`,
  };
}

export function parseCommit(oid: string, data: Buffer): CommitObject {
  const text = data.toString('utf8');
  const end = text.indexOf('\n\n');
  const headers = text.slice(0, end < 0 ? undefined : end).split('\n');
  const valueOf = (key: string): string =>
    headers.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1) ?? '';
  const message = end < 0 ? '' : text.slice(end + 2);
  return {
    oid,
    tree: valueOf('tree'),
    parents: headers.filter((line) => line.startsWith('parent ')).map((line) => line.slice(7)),
    author: parseSignature(valueOf('author')),
    committer: parseSignature(valueOf('committer')),
    message: message.endsWith('\n') ? message.slice(0, -1) : message,
  };
}

/** The object that an annotated tag points to. */
export function parseTagTarget(data: Buffer): string {
  return /^object ([0-9a-f]+)$/m.exec(data.toString('utf8'))?.[1] ?? '';
}

export function parseTree(data: Buffer): TreeEntry[] {
  const entries: TreeEntry[] = [];
  let at = 0;
  while (at < data.length) {
    const space = data.indexOf(32, at);
    const nul = data.indexOf(0, space);
    const mode = data.subarray(at, space).toString().padStart(6, '0');
    entries.push({
      mode,
      type: mode === '040000' ? 'tree' : mode === '160000' ? 'commit' : 'blob',
      name: data.subarray(space + 1, nul).toString('utf8'),
      oid: data.subarray(nul + 1, nul + 21).toString('hex'),
    });
    at = nul + 21;
  }
  return entries;
}
