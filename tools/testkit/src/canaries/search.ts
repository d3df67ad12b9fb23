import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import pg from 'pg';

import { type Canary, NeedleFinder, needlesFor } from './needles.js';
import { unpack } from './unpack.js';

export interface Places {
  /** Every row of every table is read. */
  databaseUrl?: string;
  /** Every file below is read. */
  directories?: string[];
  /** Texts at hand, by name: logs, what went over a bus. */
  texts?: Record<string, string | Buffer>;
}

export interface Hit {
  canary: string;
  form: string;
  where: string;
}

export interface SearchResult {
  hits: Hit[];
  rows: number;
  files: number;
  /** Bytes looked at, unpacked ones included. */
  bytes: number;
}

/** Looks for canaries in every place, through gzip, zip, base64, hex and URL form. */
export async function searchForCanaries(canaries: readonly Canary[], places: Places): Promise<SearchResult> {
  const finder = new NeedleFinder(needlesFor(canaries));
  const result: SearchResult = { hits: [], rows: 0, files: 0, bytes: 0 };
  const look = (bytes: Buffer, where: string): void => {
    for (const piece of unpack(bytes)) {
      result.bytes += piece.length;
      for (const { canary, form } of finder.find(piece)) {
        const hit = { canary: canary.name, form, where };
        if (!result.hits.some((known) => JSON.stringify(known) === JSON.stringify(hit))) result.hits.push(hit);
      }
    }
  };
  if (places.databaseUrl) result.rows = await searchDatabase(places.databaseUrl, look);
  for (const directory of places.directories ?? []) result.files += await searchDirectory(directory, look);
  for (const [name, text] of Object.entries(places.texts ?? {})) look(Buffer.from(text), name);
  return result;
}

type Look = (bytes: Buffer, where: string) => void;

async function searchDatabase(url: string, look: Look): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  let rows = 0;
  try {
    const tables = await client.query<{ name: string }>(
      `SELECT quote_ident(table_name) AS name FROM information_schema.tables
       WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1`,
    );
    for (const { name } of tables.rows) {
      const found = await client.query<Record<string, unknown>>(`SELECT * FROM ${name}`);
      rows += found.rows.length;
      for (const row of found.rows) {
        for (const [column, value] of Object.entries(row)) look(toBytes(value), `${name}.${column}`);
      }
    }
  } finally {
    await client.end();
  }
  return rows;
}

function toBytes(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return value;
  if (typeof value === 'string') return Buffer.from(value);
  return Buffer.from(JSON.stringify(value) ?? '');
}

async function searchDirectory(directory: string, look: Look): Promise<number> {
  let files = 0;
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) files += await searchDirectory(path, look);
    else if (entry.isFile() && (await stat(path)).size > 0) {
      look(await readFile(path), path);
      files += 1;
    }
  }
  return files;
}
