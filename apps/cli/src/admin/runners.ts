import { createRunner, randomToken, tokenHash } from '@crosstie/domain';
import type { Command } from 'commander';

import { CommandError, exitStatus } from '../exit-status.js';
import { withDatabase } from '../operate/open-database.js';
import { print } from './output.js';
import { projectByName } from './projects.js';
import { type AdminOptions, describe, list, positive } from './command-options.js';

interface RunnerOptions extends AdminOptions {
  description: string;
  project?: string;
  tags: string[];
  untagged: boolean;
  protectedOnly?: boolean;
  maximumTimeout?: number;
}

/** `runner create`. */
export function describeRunners(admin: Command): void {
  describe(admin, 'runner', 'create', 'make a runner; its token is shown once')
    .option('--description <text>', 'what people call it', '')
    .option('--project <path>', 'only for this project; otherwise for the whole server')
    .option('--tags <list>', 'which tagged jobs it takes', list, [])
    .option('--no-untagged', 'takes no jobs without tags')
    .option('--protected-only', 'takes jobs of protected refs alone')
    .option('--maximum-timeout <seconds>', 'no job runs longer here', positive)
    .action(createOne);
}

async function createOne(options: RunnerOptions): Promise<void> {
  const tags = [...new Set(options.tags)].sort();
  if (!options.untagged && tags.length === 0) {
    throw new CommandError('A runner without tags that takes no untagged jobs would never run one', exitStatus.usage);
  }
  if (options.maximumTimeout !== undefined && options.maximumTimeout < 600) {
    throw new CommandError('--maximum-timeout must be 600 seconds at least', exitStatus.usage);
  }
  await withDatabase(options.data, async (db) => {
    const project = options.project === undefined ? null : await projectByName(db, options.project);
    const token = randomToken('glrt-');
    const made = await db.first(
      createRunner,
      project ? 'project_type' : 'instance_type',
      null,
      project?.id ?? null,
      options.description,
      null,
      tags,
      options.untagged,
      false,
      false,
      options.protectedOnly ? 'ref_protected' : 'not_protected',
      options.maximumTimeout ?? null,
      tokenHash(token),
      null,
      new Date(),
    );
    print({ id: made?.id ?? null, token, tags, project: project?.fullName ?? null }, options.json ?? false);
  });
}
