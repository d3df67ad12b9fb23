/** One cell of what a command answers. */
export type Cell = string | number | boolean | null | undefined | Date | readonly (string | number)[];
export type Row = Record<string, Cell>;

/**
 * Prints rows: JSON when asked for, a table on a terminal, tab-separated lines without a heading when piped.
 * A single row is an object in JSON, a list an array.
 */
export function print(rows: Row | readonly Row[], json: boolean): void {
  if (json) {
    write(JSON.stringify(rows));
    return;
  }
  const list = Array.isArray(rows) ? (rows as readonly Row[]) : [rows as Row];
  if (process.stdout.isTTY) printTable(list);
  else for (const row of list) write(Object.values(row).map(show).join('\t'));
}

function printTable(rows: readonly Row[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const lines = [columns.map((column) => column.toUpperCase()), ...rows.map((row) => columns.map((c) => show(row[c])))];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  for (const line of lines)
    write(
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

function show(cell: Cell): string {
  if (cell === null || cell === undefined) return '-';
  if (cell instanceof Date) return cell.toISOString();
  if (Array.isArray(cell)) return cell.join(',');
  // A line a row: what came from outside must not break it.
  return String(cell).replaceAll(/[\p{Cc}\t]/gu, ' ');
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}
