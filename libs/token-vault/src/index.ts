export { UnreadableRecord } from './envelope.js';
export { keyClasses } from './key-classes.js';
export type { KeyClass } from './key-classes.js';
export { keysFromFile } from './key-file.js';
export { KeyMissing, Keyring } from './keyring.js';
export type { RecordPlace, SealedValue } from './keyring.js';
