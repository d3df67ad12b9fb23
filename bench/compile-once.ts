// Compiles in a process of its own and tells what it took: `compile-once.ts first|memory JOBS`.
import { compile } from '@crosstie/ci-config';

import { inputOf } from './compile.ts';

const [what, jobs] = process.argv.slice(2);
const input = inputOf(Number(jobs));
// As a service does before it says that it is ready.
compile(inputOf(4));
const ms: number[] = [];
for (let n = 0; n < (what === 'first' ? 60 : 5); n += 1) {
  const begun = performance.now();
  compile(input);
  ms.push(performance.now() - begun);
}
const mb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ ms, mb })}\n`);
