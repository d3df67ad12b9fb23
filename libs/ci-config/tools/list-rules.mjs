// Lists the rules of the language reference and how many cases hold each, and names those that nothing holds.
//
//   node libs/ci-config/tools/list-rules.mjs [REFERENCE.md]
//
// With the reference page, each row of its tables is looked for too: a row that no rule file knows is bare.
// Exit status 1 when there is a bare rule.
import { readFileSync } from 'node:fs';
import { readRules } from '../src/testing/rule-files.ts';

/** Sections of the reference that other parts of the product carry out. */
const ELSEWHERE = /^(?:5\.4|5\.5|6|7\.2|7\.3|7\.4|7\.5|8|9)(?:\.|$)/;

function* rowsOf(page) {
  let section;
  const count = new Map();
  const lines = page.split('\n');
  for (const [index, line] of lines.entries()) {
    const heading = /^#{2,3} (\d+(?:\.\d+)?)\.? /.exec(line);
    if (heading) section = heading[1];
    const isHead = lines[index + 1]?.startsWith('| ---') ?? false;
    if (section === undefined || !line.startsWith('|') || line.startsWith('| ---') || isHead) continue;
    const number = (count.get(section) ?? 0) + 1;
    count.set(section, number);
    yield { section, id: `${section}.${number}`, title: line.split(/(?<!\\)\|/)[1]?.trim() ?? '' };
  }
}

const rules = readRules();
const known = new Set(rules.map((rule) => rule.id));
const bare = rules.filter((rule) => rule.cases.length === 0 && rule.elsewhere === undefined);
const missing = [];
const page = process.argv[2];
if (page !== undefined) {
  for (const row of rowsOf(readFileSync(page, 'utf8'))) {
    if (!known.has(row.id) && !known.has(row.section) && !ELSEWHERE.test(row.section)) missing.push(row);
  }
}
for (const rule of rules) {
  const held = rule.cases.length > 0 ? `${rule.cases.length}` : (rule.elsewhere ?? 'NOTHING');
  process.stdout.write(`${rule.id.padEnd(8)} ${rule.title}: ${held}\n`);
}
const cases = rules.reduce((sum, rule) => sum + rule.cases.length, 0);
process.stdout.write(`${rules.length} rules, ${cases} cases\n`);
for (const { id, title } of [...bare, ...missing]) process.stdout.write(`without a test: ${id} ${title}\n`);
process.stdout.write(`rules without a test: ${bare.length + missing.length || 'none'}\n`);
process.exitCode = bare.length + missing.length > 0 ? 1 : 0;
