/** What a statement may be bound to. Arrays travel as PostgreSQL arrays, Buffers as bytea. */
export type Parameter = string | number | boolean | Buffer | Date | null | readonly Parameter[];

/**
 * One hand-written SQL statement of the hot path: prepared under its name, kept in a file of its own.
 * `tables` says what it touches and how, so that each service's grants can be derived from its statements.
 */
export interface Statement<P extends readonly Parameter[], R> {
  readonly name: string;
  readonly text: string;
  readonly tables: TableUse;
  /** Only carries the types of parameters and rows. */
  readonly types?: (parameters: P) => R;
}

/** The parameters that a statement is bound to, for code that builds them apart from running it. */
export type ParametersOf<S> = S extends Statement<infer P, infer _> ? P : never;

/** Letters of the privileges used on each table: s(elect), i(nsert), u(pdate), d(elete). */
export type TableUse = Readonly<Record<string, string>>;

const names = new Map<string, string>();

/** Declares a statement. Names are unique: PostgreSQL keeps one plan for each on every connection. */
export function statement<P extends readonly Parameter[], R>(
  name: string,
  tables: TableUse,
  text: string,
): Statement<P, R> {
  const known = names.get(name);
  if (known !== undefined && known !== text) throw new Error(`Two statements are called ${name}`);
  names.set(name, text);
  return { name, tables, text };
}
