import { type AccessLevel, type Database, Project, setMember } from '@crosstie/domain';
import type { Command } from 'commander';
import { ILike } from 'typeorm';

import { CommandError, exitStatus } from '../exit-status.js';
import { withDatabase } from '../operate/open-database.js';
import { print } from './output.js';
import { userByName } from './people.js';
import { type AdminOptions, describe } from './command-options.js';

const levels: Record<string, AccessLevel> = { guest: 10, reporter: 20, developer: 30, maintainer: 40, owner: 50 };

/** `project list`, `member add`. */
export function describeProjects(admin: Command): void {
  describe(admin, 'project', 'list', 'list the repositories that installations reach').action((options: AdminOptions) =>
    withDatabase(options.data, async (db) => {
      const projects = await db.dataSource.getRepository(Project).find({ order: { id: 'ASC' } });
      print(
        projects.map((project) => ({
          id: project.id,
          path: project.fullName,
          host: project.host,
          repository_id: project.githubRepositoryId,
          enabled: project.enabled,
          removed_at: project.removedAt,
        })),
        options.json ?? false,
      );
    }),
  );

  describe(admin, 'member', 'add', 'give a person a role in a project')
    .requiredOption('--project <path>', 'owner/repository, or the id')
    .requiredOption('--user <username>')
    .requiredOption('--role <role>', Object.keys(levels).join(', '))
    .action(addOne);
}

async function addOne(options: AdminOptions & { project: string; user: string; role: string }): Promise<void> {
  const accessLevel = levels[options.role.toLowerCase()];
  if (accessLevel === undefined) {
    throw new CommandError(`There is no role ${options.role}: ${Object.keys(levels).join(', ')}`, exitStatus.usage);
  }
  await withDatabase(options.data, async (db) => {
    const project = await projectByName(db, options.project);
    const user = await userByName(db, options.user);
    await setMember(db, { projectId: project.id, userId: user.id, actorId: null, accessLevel });
    print({ project: project.fullName, user: user.username, access_level: accessLevel }, options.json ?? false);
  });
}

/** A project by its path or id, or an error that says what to do. */
export async function projectByName(db: Database, name: string): Promise<Project> {
  const byId = /^\d+$/.test(name);
  const project = await db.dataSource
    .getRepository(Project)
    .findOneBy(byId ? { id: Number(name) } : { fullName: ILike(name.replaceAll(/[\\%_]/g, '\\$&')) });
  if (project) return project;
  throw new CommandError(`There is no project ${name}: crosstie admin project list`, exitStatus.no);
}
