/**
 * The bash script of one step. Entries share one process, so that its directory and variables
 * persist between them; the first that fails ends the step with its exit code.
 */
export function stepScript(entries: string[], projectDir: string): string {
  const lines = ['set -eo pipefail', 'set +o noclobber', `cd ${quote(projectDir)}`];
  for (const entry of entries) {
    const [first = '', ...more] = entry.split('\n');
    const shown = more.length > 0 ? `${first} # and ${more.length} more lines` : first;
    lines.push(`printf '%s\\n' ${quote(`\u001b[32;1m$ ${shown}\u001b[0;m`)}`, entry);
  }
  return `${lines.join('\n')}\n`;
}

/** Quoted for bash, so that nothing in the text is read as shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
