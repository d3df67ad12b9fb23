import { runService } from '@crosstie/messaging';
import { StatusReporterModule } from './status-reporter.module.js';

await runService('status-reporter', StatusReporterModule);
