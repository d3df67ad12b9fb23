import { quoted } from './fetched.js';

/** What a key of the compiler's `wanted` stands for. */
export type WantedKey =
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 'project'; readonly project: string; readonly ref: string; readonly path: string }
  | { readonly kind: 'remote'; readonly url: string }
  | { readonly kind: 'template'; readonly name: string }
  | { readonly kind: 'component'; readonly address: string };

const forms: readonly [RegExp, (parts: readonly string[]) => WantedKey][] = [
  // Neither a repository's name nor a ref can hold what ends it here; a path may hold anything.
  [
    /^project:([^@]+)@([^:]*):(.*)$/s,
    ([, project = '', ref = '', path = '']) => ({ kind: 'project', project, ref, path }),
  ],
  [/^remote:(.*)$/s, ([, url = '']) => ({ kind: 'remote', url })],
  [/^template:(.*)$/s, ([, name = '']) => ({ kind: 'template', name })],
  [/^component:(.*)$/s, ([, address = '']) => ({ kind: 'component', address })],
];

/** Reads a key; what has none of the forms is the path of a file of the repository itself. */
export function readKey(key: string): WantedKey {
  for (const [form, make] of forms) {
    const parts = form.exec(key);
    if (parts) return make(parts);
  }
  return { kind: 'local', path: key };
}

/** How it is called in a sentence. */
export function nameOf(wanted: WantedKey): string {
  switch (wanted.kind) {
    case 'local':
      return `Local file ${quoted(wanted.path)}`;
    case 'project':
      return `Project ${quoted(wanted.project)} file ${quoted(wanted.path)}`;
    case 'remote':
      return `Remote file ${quoted(wanted.url)}`;
    case 'template':
      return `Template ${quoted(wanted.name)}`;
    case 'component':
      return `Component ${quoted(wanted.address)}`;
  }
}
