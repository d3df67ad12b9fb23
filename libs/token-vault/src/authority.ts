// The authority door, for identity-linker alone: an import rule holds the others off.
export { TokenAuthority } from './token-authority.js';
export type { NewApp } from './app-secrets.js';
