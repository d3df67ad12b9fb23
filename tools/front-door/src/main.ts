import { parseArgs } from 'node:util';

import type { RoutedService } from '@crosstie/platform';

import { startFrontDoor } from './front-door.js';

const usage = 'front-door --port N [--bind ADDRESS] SERVICE=URL[,URL…] …';

/** The command: passes requests on until it is told to end. @returns its exit status */
export async function main(parameters: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: parameters,
    allowPositionals: true,
    options: { port: { type: 'string' }, bind: { type: 'string' } },
  });
  const port = Number(values.port);
  const pairs = positionals.map((text) => text.split('=', 2) as [RoutedService, string?]);
  if (!Number.isInteger(port) || pairs.length === 0 || pairs.some(([, url]) => !url)) {
    process.stderr.write(`usage: ${usage}\n`);
    return 64;
  }
  const services = Object.fromEntries(pairs.map(([service, urls = '']) => [service, urls.split(',')]));
  const door = await startFrontDoor({ port, services, bind: values.bind });
  process.stdout.write(`front-door is listening at ${door.url}\n`);
  await new Promise<void>((done) => {
    process.once('SIGTERM', () => done());
    process.once('SIGINT', () => done());
  });
  await door.close();
  return 0;
}
