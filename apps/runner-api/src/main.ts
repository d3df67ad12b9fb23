import { runService } from '@crosstie/messaging';

import { RunnerApiModule } from './runner-api.module.js';

await runService('runner-api', RunnerApiModule);
