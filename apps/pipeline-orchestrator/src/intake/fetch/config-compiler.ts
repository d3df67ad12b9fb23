import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { Access } from '@crosstie/access';
import type { CompileContext, CompileInput, PipelineCompile } from '@crosstie/ci-config';
import { Database, type PushTarget } from '@crosstie/domain';
import { CrosstieConfig, PublicFetch } from '@crosstie/platform';

import { compileConfig } from '../compile-config.js';
import { GithubDoor } from '../github-door.js';
import { placeVariables } from '../job-variables.js';
import { Components } from './components.js';
import { ConfigFetch, type FetchSubject, type NameList } from './config-fetch.js';
import { FetchBudget } from './fetch-budget.js';
import type { Fetched } from './fetched.js';
import { Neighbours } from './neighbours.js';
import { RemoteTexts } from './remote-texts.js';
import { readKey } from './wanted-key.js';

/** One CI file, where it stands, and in whose name what it includes is read. */
export interface ConfigRequest extends FetchSubject {
  readonly userId: number;
  /** The CI file itself. */
  readonly text: string;
  readonly context: CompileContext;
}

/** A text that the configuration was made from, beside the CI file. */
export interface IncludedText {
  /** The compiler's key: a path, `project:…`, `remote:…` or `component:…`. */
  readonly key: string;
  /** As `include:integrity` takes it: a text that changes under the same name shows. */
  readonly digest: string;
  /** Of a remote text: whether an `integrity` held it to this digest. */
  readonly pinned?: boolean;
}

export interface ConfigCompile extends PipelineCompile {
  readonly includes: readonly IncludedText[];
  /** All that it was made from. */
  readonly input: CompileInput;
}

/** Nothing nests deeper than there may be includes; after these the names for the rules are asked for. */
const roundsMax = 160;

/**
 * Compiles a CI file with all that it needs from outside: what the compiler asks for is fetched at the
 * same time and at most once, then it is asked again, until it has everything or cannot get it.
 */
@Injectable()
export class ConfigCompiler {
  private readonly fetcher: PublicFetch;

  constructor(
    private readonly config: CrosstieConfig,
    private readonly database: Database,
    private readonly access: Access,
    private readonly door: GithubDoor,
  ) {
    this.fetcher = new PublicFetch(config.remoteIncludes);
  }

  /** Throws GithubError, TokenRefused, Unavailable, NotVisibleYet and NamesFault; a faulty file is an answer. */
  async compile(request: ConfigRequest): Promise<ConfigCompile> {
    const have = new Gathered({ ...request, context: this.withPlace(request.target, request.context) });
    let fetch: ConfigFetch | null = null;
    for (let round = 0; ; round++) {
      const input = have.input();
      const compiled = await compileConfig(input);
      const asked = have.stillWanted(compiled);
      if (asked.texts.length + asked.names.length === 0 || round === roundsMax) {
        return { ...compiled, includes: have.includes(compiled), input };
      }
      fetch ??= await this.open(request);
      await have.fetch(fetch, asked);
    }
  }

  /** A context with the variables of server and project, which includes and rules may speak of. */
  withPlace(target: PushTarget, context: CompileContext): CompileContext {
    const predefined = placeVariables({
      ...target,
      serverUrl: this.config.url,
      githubWebUrl: this.config.github.webUrl,
      githubHost: target.host,
      isPrivate: target.private,
    });
    return { predefined, ...context };
  }

  private async open(request: ConfigRequest): Promise<ConfigFetch> {
    const budget = new FetchBudget();
    const parts = { database: this.database, access: this.access, door: this.door };
    const github = await this.door.repository(request.target);
    const neighbours = new Neighbours(parts, request.target, request.userId, budget);
    const remote = new RemoteTexts(this.fetcher, budget);
    const components = new Components(neighbours, remote, [new URL(this.config.url).host, request.target.host]);
    return new ConfigFetch(request, { github, neighbours, components, remote }, budget);
  }
}

interface Asked {
  readonly texts: readonly string[];
  readonly names: readonly string[];
}

/** What was fetched so far, and the compiler's input made from it. */
class Gathered {
  private readonly texts = new Map<string, Fetched>();
  private readonly lists = new Map<string, NameList>();

  constructor(private readonly request: ConfigRequest) {}

  stillWanted({ answer, wantedNames }: PipelineCompile): Asked {
    return {
      texts: answer.wanted.filter((key) => !this.texts.has(key)),
      names: wantedNames.filter((key) => !this.lists.has(key)),
    };
  }

  async fetch(from: ConfigFetch, { texts, names }: Asked): Promise<void> {
    const [fetched, lists] = await Promise.all([
      Promise.all(texts.map(async (key) => [key, await from.text(key)] as const)),
      Promise.all(names.map(async (key) => [key, await from.names(key)] as const)),
    ]);
    // In the order of the file, whatever came first.
    for (const [key, text] of fetched) this.texts.set(key, text);
    for (const [key, list] of lists) this.lists.set(key, list);
  }

  input(): CompileInput {
    const { target, text, context } = this.request;
    const found = [...this.texts].flatMap(([key, one]) => (one.kind === 'text' ? [[key, one.text] as const] : []));
    const isOwn = ([key]: readonly [string, string]) => readKey(key).kind === 'local';
    return {
      files: Object.fromEntries([...found.filter(isOwn), [target.configPath, text]]),
      other: Object.fromEntries(found.filter((one) => !isOwn(one))),
      components: Object.fromEntries(
        [...this.texts].flatMap(([key, one]) => (one.kind === 'text' && one.facts ? [[key, one.facts]] : [])),
      ),
      unavailable: Object.fromEntries(
        [...this.texts].flatMap(([key, one]) => (one.kind === 'fault' ? [[key, one.why]] : [])),
      ),
      config_path: target.configPath,
      context: { ...context, ...this.names() },
    };
  }

  includes({ unpinned }: PipelineCompile): readonly IncludedText[] {
    return [...this.texts].flatMap(([key, one]) =>
      one.kind === 'text'
        ? [{ key, digest: digestOf(one.text), ...(key.startsWith('remote:') && { pinned: !unpinned.includes(key) }) }]
        : [],
    );
  }

  private names(): Partial<CompileContext> {
    const below = (kind: string) =>
      Object.fromEntries(
        [...this.lists].flatMap(([key, list]) => (key.startsWith(kind) ? [[key.slice(kind.length), list]] : [])),
      );
    const [paths, changed] = [this.lists.get('paths'), this.lists.get('changed_paths')];
    return {
      ...(paths && { paths }),
      ...(changed !== undefined && { changed_paths: changed || null }),
      comparisons: below('comparisons:'),
      trees: below('trees:') as CompileContext['trees'],
    };
  }
}

function digestOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
