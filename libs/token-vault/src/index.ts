export { UnreadableRecord } from './envelope.js';
export { keyClasses, keyClassesOf } from './key-classes.js';
export type { KeyClass } from './key-classes.js';
export { keysFromFile } from './key-file.js';
export { KeyMissing, Keyring } from './keyring.js';
export type { RecordPlace, SealedValue } from './keyring.js';
export { rotateKeys } from './rotate-keys.js';
export type { RotatedClass } from './rotate-keys.js';
export { keyringOf, HookSecretsModule, TokenClientModule } from './vault.modules.js';
export { TokenRefused } from './token-refused.js';
export type { TokenRefusalReason } from './token-refused.js';

// The client door: who uses tokens.
export { TokenClient } from './token-client.js';
export type { CloneSubject, OpenedToken } from './token-client.js';
export { HookSecrets } from './hook-secrets.js';
