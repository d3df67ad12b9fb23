import { createHash } from 'node:crypto';
import type { CompileInput } from '../contract.js';
import { compilePattern, type Pattern } from '../decide/regex.js';
import { quote } from '../findings.js';
import type { IncludeItem } from './items.js';

/** Where a file came from: decides what its own `local` includes mean. */
export type Home =
  | { readonly kind: 'repository' }
  | { readonly kind: 'project'; readonly project: string; readonly ref: string }
  | { readonly kind: 'nowhere'; readonly why: string };

/** A file that an include names, once variables are in: its key in the input, and what it is called. */
export interface Target {
  readonly key: string;
  readonly name: string;
  readonly home: Home;
  /** The text as it stands in the input, or undefined when it was not given. */
  readonly text: string | undefined;
  readonly component: ReadonlyMap<string, string | null>;
  /** How the file is spoken of when it is missing. */
  readonly missing: string;
}

export type Targets = { targets: readonly Target[]; isWildcard?: true } | { fault: string };

const YAML_NAME = /.\.ya?ml$/i;
const REMOTE = /^https?:\/\//i;
const NO_COMPONENT: ReadonlyMap<string, string | null> = new Map();

/** The files that an include means. `expand` puts variables in; the tree is that of the repository. */
export function targetsOf(
  item: IncludeItem,
  home: Home,
  input: CompileInput,
  tree: () => readonly string[],
  expand: (text: string) => string,
): Targets {
  const location = expand(item.location);
  switch (item.kind) {
    case 'text':
      return REMOTE.test(location) ? remoteTarget(location, item, input) : localTargets(location, home, input, tree);
    case 'local':
      return localTargets(location, home, input, tree);
    case 'project':
      return projectTargets(location, item, input, expand);
    case 'remote':
      return remoteTarget(location, item, input);
    case 'template':
      return templateTarget(location, input);
    case 'component':
      return componentTarget(item.location, location, input);
  }
}

function localTargets(location: string, home: Home, input: CompileInput, tree: () => readonly string[]): Targets {
  const path = location.replace(/^\/+/, '');
  if (home.kind === 'nowhere') return { fault: `Local file ${quote(path)} cannot be included ${home.why}` };
  if (path.includes('*')) {
    const pattern = wildcard(path);
    const matches = home.kind === 'repository' ? tree().filter((name) => pattern?.matches(name) ?? false) : [];
    const bad = matches.find((name) => !YAML_NAME.test(name));
    if (bad !== undefined) return { fault: `Local file ${quote(bad)} does not have YAML extension!` };
    return { targets: matches.map((name) => localTarget(name, home, input)), isWildcard: true };
  }
  if (!YAML_NAME.test(path)) return { fault: `Local file ${quote(path)} does not have YAML extension!` };
  return { targets: [localTarget(path, home, input)] };
}

function localTarget(path: string, home: Home, input: CompileInput): Target {
  const missing = `Local file ${quote(path)} does not exist!`;
  if (home.kind !== 'project') {
    return { key: path, name: path, home, text: own(input.files, path), component: NO_COMPONENT, missing };
  }
  const key = `project:${home.project}@${home.ref}:${path}`;
  return {
    key,
    name: key,
    home,
    text: own(input.other, key),
    component: NO_COMPONENT,
    missing: `${missing} (in ${quote(home.project)})`,
  };
}

/** Whether a path of the repository fits a pattern of `include:local` or `cache:key:files`. */
export function localWildcard(pattern: string): (path: string) => boolean {
  const compiled = wildcard(pattern);
  return (path) => compiled?.matches(path) ?? false;
}

/** GitLab's own wildcards: `**` is anything, `*` anything but a slash, all else literal. */
function wildcard(path: string): Pattern | null {
  const body = path
    .split(/(\*+)/)
    .map((part) => {
      if (part === '') return '';
      if (!part.startsWith('*')) return part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
      return part === '*' ? '[^/]*' : '.*';
    })
    .join('');
  return compilePattern(`^(?:${body})$`, 's');
}

function projectTargets(
  location: string,
  item: IncludeItem,
  input: CompileInput,
  expand: (text: string) => string,
): Targets {
  const project = location.replace(/^\/+|\/+$/g, '').toLowerCase();
  const ref = item.ref === undefined ? 'HEAD' : expand(item.ref) || 'HEAD';
  const home: Home = { kind: 'project', project, ref };
  const files = item.files.map((file) => expand(file).replace(/^\/+/, ''));
  const bad = files.find((file) => !YAML_NAME.test(file));
  if (bad !== undefined) return { fault: `Project ${quote(project)} file ${quote(bad)} does not have YAML extension!` };
  return {
    targets: files.map((file) => {
      const key = `project:${project}@${ref}:${file}`;
      const missing = `Project ${quote(project)} not found or access denied, or its file ${quote(file)} does not exist at ${quote(ref)}!`;
      return { key, name: key, home, text: own(input.other, key), component: NO_COMPONENT, missing };
    }),
  };
}

function remoteTarget(location: string, item: IncludeItem, input: CompileInput): Targets {
  if (!/^https?:\/\/[^/\s]+/i.test(location))
    return { fault: `Remote file ${quote(location)} does not have valid address!` };
  if (!YAML_NAME.test(location)) return { fault: `Remote file ${quote(location)} does not have YAML extension!` };
  const key = `remote:${location}`;
  const text = own(input.other, key);
  const broken = item.integrity === undefined ? undefined : integrityFault(item.integrity, text);
  if (broken !== undefined) return { fault: `Remote file ${quote(location)} ${broken}` };
  const home: Home = { kind: 'nowhere', why: 'by a remote file' };
  return {
    targets: [
      {
        key,
        name: location,
        home,
        text,
        component: NO_COMPONENT,
        missing: `Remote file ${quote(location)} could not be fetched!`,
      },
    ],
  };
}

function integrityFault(integrity: string, text: string | undefined): string | undefined {
  const digest = /^sha256-(.*)$/.exec(integrity)?.[1];
  if (digest === undefined) return 'has an integrity that does not begin with `sha256-`';
  if (!/^[A-Za-z0-9+/]{43}=$/.test(digest)) return 'has an integrity that is not base64 of a SHA-256 digest';
  if (text === undefined) return undefined;
  const actual = createHash('sha256').update(text).digest('base64');
  return actual === digest ? undefined : `failed integrity check: its digest is sha256-${actual}`;
}

function templateTarget(location: string, input: CompileInput): Targets {
  if (!/.\.gitlab-ci\.yml$/.test(location))
    return { fault: `Template file ${quote(location)} is not a valid location!` };
  const key = `template:${location}`;
  const home: Home = { kind: 'nowhere', why: 'by a template' };
  const missing = `Template ${quote(location)} is not part of Crosstie; include it by \`remote\`.`;
  return { targets: [{ key, name: key, home, text: own(input.other, key), component: NO_COMPONENT, missing }] };
}

const COMPONENT = /^([^/\s]+)\/(.+)\/([^/@\s]+)@([^@\s]+)$/;

/**
 * A component is asked for by its address as written when its text lies there, or when the variables in
 * it, usually the server's name, are not known here.
 */
function componentTarget(written: string, expanded: string, input: CompileInput): Targets {
  const isGiven = own(input.other, `component:${written}`) !== undefined;
  const location = isGiven || !COMPONENT.test(expanded) ? written : expanded;
  const parts = COMPONENT.exec(COMPONENT.test(expanded) ? expanded : written);
  if (parts === null) return { fault: `Component ${quote(expanded)} needs the form HOST/PROJECT/NAME@VERSION` };
  const [, , project = '', name = '', version = ''] = parts;
  const key = `component:${location}`;
  const known = own(input.components, key);
  const isVersion = version === '~latest' || /^\d+(?:\.\d+){0,2}/.test(version);
  const component = new Map<string, string | null>([
    ['name', name],
    ['reference', version],
    ['version', known?.version ?? (isVersion && version !== '~latest' ? version : null)],
    ['sha', known?.sha ?? (/^[0-9a-f]{40}$/.test(version) ? version : null)],
  ]);
  const home: Home = { kind: 'project', project: project.toLowerCase(), ref: version };
  return {
    targets: [
      {
        key,
        name: location,
        home,
        text: own(input.other, key),
        component,
        missing: `Component ${quote(location)} content not found`,
      },
    ],
  };
}

function own<T>(texts: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return texts !== undefined && Object.hasOwn(texts, key) ? texts[key] : undefined;
}
