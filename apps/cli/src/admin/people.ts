import {
  accessTokenScopes,
  createAccessToken,
  createUser,
  type Database,
  isUsername,
  listUsers,
  type UserRow,
} from '@crosstie/domain';
import type { Command } from 'commander';

import { CommandError, exitStatus } from '../exit-status.js';
import { withDatabase } from '../operate/open-database.js';
import { print } from './output.js';
import { type AdminOptions, describe, list, positive } from './command-options.js';

const dayMs = 86_400_000;

/** `user create`, `user list`, `token create`. */
export function describePeople(admin: Command): void {
  describe(admin, 'user', 'create', 'make a person with an account of Crosstie')
    .argument('<username>')
    .option('--name <name>', 'the name that people read')
    .option('--email <address>')
    .option('--admin', 'may administrate the server')
    .action(createOne);

  describe(admin, 'user', 'list', 'list the people')
    .option('--limit <number>', 'at most so many', positive, 100)
    .action((options: AdminOptions & { limit: number }) =>
      withDatabase(options.data, async (db) => {
        const users = await listUsers(db, { limit: options.limit });
        print(users.map(toRow), options.json ?? false);
      }),
    );

  describe(admin, 'token', 'create', 'make a personal access token; it is shown once')
    .requiredOption('--user <username>')
    .option('--name <name>', 'what it is for', 'made at the command line')
    .option('--scopes <list>', `of ${accessTokenScopes.join(', ')}`, list, ['api'])
    .option('--days <number>', 'how long it lives', positive, 30)
    .action(createToken);
}

/** The person of that name, or an error that says what to do. */
export async function userByName(db: Database, username: string): Promise<UserRow> {
  const [user] = await listUsers(db, { username });
  if (user) return user;
  throw new CommandError(`There is no user ${username}: crosstie admin user create ${username}`, exitStatus.no);
}

async function createOne(
  username: string,
  options: AdminOptions & { name?: string; email?: string; admin?: boolean },
): Promise<void> {
  if (!isUsername(username)) {
    throw new CommandError(`${username} cannot be a username: letters, digits, "_", ".", "-"`, exitStatus.usage);
  }
  await withDatabase(options.data, async (db) => {
    const user = await createUser(db, {
      username,
      name: options.name ?? username,
      email: options.email ?? null,
      isAdmin: options.admin ?? false,
    });
    if (!user) throw new CommandError(`The username ${username} is taken`, exitStatus.no);
    print(toRow(user), options.json ?? false);
  });
}

async function createToken(
  options: AdminOptions & { user: string; name: string; scopes: string[]; days: number },
): Promise<void> {
  const unknown = options.scopes.filter((scope) => !(accessTokenScopes as readonly string[]).includes(scope));
  if (unknown.length > 0) {
    throw new CommandError(
      `There is no scope ${unknown.join(', ')}: ${accessTokenScopes.join(', ')}`,
      exitStatus.usage,
    );
  }
  await withDatabase(options.data, async (db) => {
    const user = await userByName(db, options.user);
    const expiresAt = new Date(new Date().getTime() + options.days * dayMs);
    const made = await createAccessToken(db, {
      userId: user.id,
      name: options.name,
      scopes: options.scopes,
      expiresAt,
    });
    print(
      { id: made.id, user: user.username, token: made.token, scopes: made.scopes, expires_at: made.expiresAt },
      options.json ?? false,
    );
  });
}

function toRow(user: UserRow) {
  return { id: user.id, username: user.username, name: user.name, is_admin: user.isAdmin, state: user.state };
}
