import { runService } from '@crosstie/messaging';

import { IdentityLinkerModule } from './identity-linker.module.js';

await runService('identity-linker', IdentityLinkerModule);
