export { keyClassesOf } from './key-classes.js';
export { keysFromFile } from './key-file.js';
export { Keyring } from './keyring.js';
export { rotateKeys } from './rotate-keys.js';
export { keyringOf, TokenClientModule } from './token-client.module.js';
export { type GivenVariable, openJobVariables, sealJobVariables } from './job-variables-seal.js';
export { TokenRefused } from './token-refused.js';

// The client door: who uses tokens.
export { TokenClient } from './token-client.js';
export { HookSecrets } from './hook-secrets.js';
