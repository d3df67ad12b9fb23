import { configurationSchema, keywordPage } from '@crosstie/ci-config';
import type { CommandIo } from '../compile/command-io.js';
import { answering, readOptions, UsageFault } from '../compile/usage.js';

const USAGE = 'usage: crosstie schema [--markdown]\n';

/** `crosstie schema`: the CI file's JSON Schema for editors, or the reference page of the keywords. */
export async function runSchema(argv: string[], io: CommandIo): Promise<number> {
  return answering('schema', USAGE, io, async () => {
    const { values, positionals } = readOptions(argv, {
      markdown: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    });
    if (positionals.length > 0) throw new UsageFault('it takes no file');
    if (values.help) io.stdout.write(USAGE);
    else io.stdout.write(values.markdown ? keywordPage() : `${JSON.stringify(configurationSchema(), null, 2)}\n`);
    return 0;
  });
}
