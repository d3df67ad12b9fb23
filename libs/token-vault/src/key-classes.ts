import type { ServiceName } from '@crosstie/messaging';

/**
 * What a key is for. Each process is given the classes that it needs and no others, so that who reads
 * one process's memory does not read everything.
 */
export const keyClasses = ['hook', 'app', 'users', 'leases', 'variables', 'oidc'] as const;

export type KeyClass = (typeof keyClasses)[number];

/** The classes that each service works with, and must be given. */
export const keyClassesOf = {
  'webhook-gateway': ['hook'],
  // It puts what the others read under their keys.
  'identity-linker': ['hook', 'app', 'users', 'leases', 'oidc'],
  'pipeline-orchestrator': ['leases', 'variables'],
  'runner-api': ['leases', 'variables'],
  'status-reporter': ['leases'],
} as const satisfies Record<ServiceName, readonly KeyClass[]>;

export function isKeyClass(text: string): text is KeyClass {
  return (keyClasses as readonly string[]).includes(text);
}
