// The authority door, for identity-linker alone: an import rule holds the others off.
export { TokenAuthority } from './token-authority.js';
export type { TokenAuthorityParts } from './token-authority.js';
export type { NewApp } from './app-secrets.js';
export type { Chain, ChainOwner } from './person-chains.js';
