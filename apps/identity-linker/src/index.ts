export { IdentityLinkerModule } from './identity-linker.module.js';
