/**
 * What a key is for. Each process is given the classes that it needs and no others, so that who reads
 * one process's memory does not read everything.
 */
export const keyClasses = ['hook', 'app', 'users', 'leases', 'variables', 'oidc'] as const;

export type KeyClass = (typeof keyClasses)[number];

export function isKeyClass(text: string): text is KeyClass {
  return (keyClasses as readonly string[]).includes(text);
}
