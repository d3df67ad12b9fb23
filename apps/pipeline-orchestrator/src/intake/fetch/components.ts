import { fault, type Fetched, missing, quoted } from './fetched.js';
import type { Neighbours } from './neighbours.js';
import type { RemoteTexts } from './remote-texts.js';

interface Address {
  readonly host: string;
  readonly project: string;
  readonly name: string;
  readonly version: string;
}

const form = /^([^/\s]+)\/(.+)\/([^/@\s]+)@([^@\s]+)$/;
const ownHost = /^\$(?:CI_SERVER_(?:FQDN|HOST)|\{CI_SERVER_(?:FQDN|HOST)\})$/;
const release = /^v?(\d+)\.(\d+)\.(\d+)$/;
const shortVersion = /^\d+(?:\.\d+)?$/;

/** Components: of a repository of the installation, or of another GitLab server through its public address. */
export class Components {
  /** `project@version` of components from other servers: files beside them are in no repository of ours. */
  private readonly foreign = new Set<string>();

  constructor(
    private readonly neighbours: Neighbours,
    private readonly remote: RemoteTexts,
    /** The names under which this server and its GitHub go. */
    private readonly hosts: readonly string[],
  ) {}

  async text(written: string): Promise<Fetched> {
    const parts = form.exec(written);
    if (!parts) return missing;
    const [, host = '', project = '', name = '', version = ''] = parts;
    const address = { host, project: project.toLowerCase(), name, version };
    const isOwn = ownHost.test(host) || this.hosts.includes(host.toLowerCase());
    return isOwn ? this.own(address, written) : this.elsewhere({ ...address, project }, written);
  }

  /** Whether `project@ref` came with a component of another server, so that ours must not be taken for it. */
  isForeign(project: string, ref: string): boolean {
    return this.foreign.has(`${project}@${ref}`);
  }

  private async own({ project, name, version }: Address, written: string): Promise<Fetched> {
    const neighbour = await this.neighbours.open(project);
    let released = release.test(version) ? version : null;
    if (neighbour && (version === '~latest' || shortVersion.test(version))) {
      const tag = highest(await neighbour.github.tags(neighbour.fullName), version);
      if (tag === null)
        return fault(`Component ${quoted(written)} has no released version ${quoted(version)}: there is no such tag.`);
      this.neighbours.alias(project, version, tag);
      released = tag;
    }
    const found = await firstOf(filesOf(name), (path) => this.neighbours.file(project, version, path));
    if (found.kind === 'fault') return fault(`Component ${quoted(written)}: ${found.why}`);
    const sha = neighbour && (await this.neighbours.commit(project, neighbour, version));
    return found.kind === 'text' && sha ? { ...found, facts: { sha, version: released } } : found;
  }

  private async elsewhere({ host, project, name, version }: Address, written: string): Promise<Fetched> {
    if (version === '~latest' || shortVersion.test(version)) {
      return fault(
        `Component ${quoted(written)} is on another server: name its version in full, as a tag, branch or commit.`,
      );
    }
    this.foreign.add(`${project.toLowerCase()}@${version}`);
    const base = `https://${host}/${project}/-/raw/${encodeURIComponent(version)}`;
    const called = `Component ${quoted(written)}`;
    return firstOf(filesOf(name), (path) => this.remote.text(`${base}/${path}`, called));
  }
}

/** The first of the files that is there, or why even the last is not. */
async function firstOf(paths: readonly string[], read: (path: string) => Promise<Fetched>): Promise<Fetched> {
  let last: Fetched = missing;
  for (const path of paths) {
    last = await read(path);
    if (last.kind === 'text' || (last.kind === 'fault' && !last.isAbsent)) return last;
  }
  return last;
}

function filesOf(name: string): readonly string[] {
  return [`templates/${name}.yml`, `templates/${name}/template.yml`];
}

/** The highest released version among tags that begins with these numbers; prereleases are none. */
export function highest(tags: readonly string[], version: string): string | null {
  const start = version === '~latest' ? [] : version.split('.').map(Number);
  const fitting = tags.flatMap((tag) => {
    const numbers = release.exec(tag)?.slice(1).map(Number);
    return numbers && start.every((number, index) => numbers[index] === number) ? [{ tag, numbers }] : [];
  });
  fitting.sort((a, b) => differs(b.numbers, a.numbers));
  return fitting[0]?.tag ?? null;
}

function differs(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((number, at) => number !== b[at]);
  return index === -1 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}
