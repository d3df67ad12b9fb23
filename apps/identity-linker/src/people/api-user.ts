import type { MemberRow, UserRow } from '@crosstie/domain';

/** A person as GitLab's clients read one. */
export interface ApiUser {
  id: number;
  username: string;
  name: string;
  state: string;
  avatar_url: string | null;
  web_url: string;
}

/** What a person reads of themselves, and an administrator of everybody. */
export interface ApiFullUser extends ApiUser {
  email: string | null;
  is_admin: boolean;
  created_at: string;
}

export function toApiUser(
  user: Pick<UserRow, 'id' | 'username' | 'name' | 'state' | 'avatarUrl'>,
  url: string,
): ApiUser {
  const { id, username, name, state, avatarUrl } = user;
  return { id, username, name, state, avatar_url: avatarUrl, web_url: `${url}/${username}` };
}

export function toApiFullUser(user: UserRow, url: string): ApiFullUser {
  const { email, isAdmin, createdAt } = user;
  return { ...toApiUser(user, url), email, is_admin: isAdmin, created_at: createdAt.toISOString() };
}

export interface ApiMember extends ApiUser {
  access_level: number;
  created_at: string;
  expires_at: null;
}

export function toApiMember(member: MemberRow, url: string): ApiMember {
  const user = toApiUser({ ...member, id: member.userId, state: member.state as UserRow['state'] }, url);
  return { ...user, access_level: member.accessLevel, created_at: member.createdAt.toISOString(), expires_at: null };
}
