import { CommandError, exitStatus } from '../exit-status.js';
import { startApp } from './start-app.js';

const services = ['webhook-gateway', 'identity-linker', 'pipeline-orchestrator', 'runner-api', 'status-reporter'];

/** `crosstie service NAME`: one of the five alone. */
export function service(name: string): Promise<number> {
  if (!services.includes(name)) {
    throw new CommandError(`There is no service ${name}; there are ${services.join(', ')}`, exitStatus.usage);
  }
  return startApp(name);
}
