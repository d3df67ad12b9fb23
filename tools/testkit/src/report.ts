import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

/** What of Jest's `--json` output is read. */
interface JestResult {
  numRuntimeErrorTestSuites: number;
  testResults: {
    name: string;
    startTime: number;
    endTime: number;
    status: string;
    assertionResults: { fullName: string; status: string; duration?: number | null }[];
  }[];
}

/** Seconds that the specs of a folder may take together on two quiet cores; twice that fails the run. */
const budgetsS: Record<string, number> = {
  'libs/ci-config': 90,
  'libs/pipeline': 30,
  'libs/messaging': 120,
  'libs/token-vault': 90,
  'apps/identity-linker': 90,
  'apps/pipeline-orchestrator': 200,
  'apps/runner-api': 300,
  'apps/console': 60,
  'apps/webhook-gateway': 60,
  'apps/cli': 60,
  'tools/github-simulator': 120,
  'tools/testkit': 900,
};
const ordinaryBudgetS = 60;

/**
 * Prints what a test run needs to say: time by folder against its budget, the ten slowest tests, what was
 * skipped, and the closing line. Exit status 1 when anything failed.
 *
 * usage: report RESULT.json ROOT CHECKS_PASSED CHECKS_FAILED
 */
function main(): number {
  const [file = '', root = '', checksPassed = '0', checksFailed = '0'] = process.argv.slice(2);
  const result = JSON.parse(readFileSync(file, 'utf8')) as JestResult;
  const tests = result.testResults.flatMap((suite) => suite.assertionResults);
  const over = printBudgets(result, root);
  printSlowest(tests);
  printSkipped(tests);

  const count = (status: string): number => tests.filter((test) => test.status === status).length;
  const broken = result.testResults.filter((suite) => suite.status === 'failed' && suite.assertionResults.length === 0);
  const failed = count('failed') + broken.length + over + Number(checksFailed);
  const passed = count('passed') + Number(checksPassed);
  print(`\n${passed} passed, ${failed} failed, ${count('pending')} skipped`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

function printBudgets(result: JestResult, root: string): number {
  const spent = new Map<string, number>();
  for (const suite of result.testResults) {
    const folder = relative(root, suite.name).split('/').slice(0, 2).join('/');
    spent.set(folder, (spent.get(folder) ?? 0) + (suite.endTime - suite.startTime) / 1000);
  }
  print('\nTime by folder');
  let over = 0;
  for (const [folder, seconds] of [...spent].sort((a, b) => b[1] - a[1])) {
    const budget = budgetsS[folder] ?? ordinaryBudgetS;
    const late = seconds > budget;
    if (seconds > 2 * budget) over += 1;
    print(`  ${folder.padEnd(30)} ${seconds.toFixed(1).padStart(7)} s of ${budget} s${late ? '  OVER BUDGET' : ''}`);
  }
  return over;
}

function printSlowest(tests: { fullName: string; duration?: number | null }[]): void {
  print('\nTen slowest tests');
  const slowest = [...tests].sort((a, b) => (b.duration ?? 0) - (a.duration ?? 0)).slice(0, 10);
  for (const test of slowest) print(`  ${String(test.duration ?? 0).padStart(6)} ms  ${test.fullName}`);
}

function printSkipped(tests: { fullName: string; status: string }[]): void {
  const skipped = tests.filter((test) => test.status === 'pending');
  if (skipped.length > 0) print(`\nSkipped\n${skipped.map((test) => `  ${test.fullName}`).join('\n')}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = main();
