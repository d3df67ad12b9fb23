import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BareRepository } from './git/bare-repository.js';
import { Faults } from './http/faults.js';
import { Limits } from './http/limits.js';
import { Received } from './http/received.js';
import { Addresses } from './represent/addresses.js';
import { SimulatedClock } from './state/clock.js';
import type { Repository } from './state/model.js';
import { Store } from './state/store.js';
import { type Switches, worstSwitches } from './state/switches.js';
import { Tokens } from './state/tokens.js';
import { WideTokens } from './state/wide.js';
import { HookSender } from './webhooks/sender.js';

/** Everything one simulated GitHub consists of; each subject takes what it needs from here. */
export class World {
  readonly clock = new SimulatedClock();
  readonly addresses = new Addresses();
  readonly switches: Switches;
  readonly store: Store;
  readonly tokens: Tokens;
  readonly hooks: HookSender;
  readonly faults = new Faults();
  readonly received = new Received();
  readonly wide = new WideTokens();
  readonly limits: Limits;
  /** Repositories whose next pushes show up late, and by how much. */
  readonly lags = new Map<number, { ms: number; refs: boolean }>();
  private readonly gits = new Map<number, BareRepository>();

  constructor(
    readonly dataDir: string,
    switches: Partial<Switches> = {},
  ) {
    this.switches = { ...worstSwitches(), ...switches };
    this.store = new Store(this.clock);
    this.tokens = new Tokens(this.clock, this.switches);
    this.hooks = new HookSender(this.clock, this.switches);
    this.limits = new Limits(this.clock, this.switches);
  }

  /** The bare repository on disk; its folder is named by id, so that renaming moves nothing. */
  git(repository: Repository): BareRepository {
    let found = this.gits.get(repository.id);
    if (!found) {
      found = new BareRepository(join(this.dataDir, 'repositories', `${repository.id}.git`));
      this.gits.set(repository.id, found);
    }
    return found;
  }

  async createGit(repository: Repository): Promise<BareRepository> {
    const git = this.git(repository);
    await mkdir(git.directory, { recursive: true });
    await git.create(repository.defaultBranch);
    return git;
  }

  /** Everything that was pushed is visible from now on, and later pushes at once. */
  endLag(repository: Repository): void {
    this.lags.delete(repository.id);
    repository.laggingCommits.clear();
    repository.laggingRefs.clear();
  }

  close(): void {
    this.hooks.close();
    for (const git of this.gits.values()) git.close();
  }
}
