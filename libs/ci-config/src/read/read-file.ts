import { YAMLException, parseEvents, type Event } from 'js-yaml';
import { quote, type Report } from '../findings.js';
import { limits } from '../limits.js';
import { Source, TooBig, type MapNode, type Node } from '../nodes.js';
import { compose } from './compose.js';
import { splitDocuments } from './documents.js';

/** A file as read: the header document, when there is one, and the configuration under it. */
export interface ReadFile {
  header: MapNode | null;
  content: MapNode;
}

/**
 * Reads one file as GitLab's YAML loader does. Null when nothing usable came of it; why is in the report.
 *
 * @param included the file was named by an `include`, which changes the wording for an empty one
 */
export function readFile(file: string, text: string, report: Report, included = false): ReadFile | null {
  const start = new Source(file, text);
  const top = { source: start, offset: 0 };
  if (Buffer.byteLength(text) > limits.fileBytes) {
    const sentence = `${quote(file)} is too big: the parsed YAML is too big above ${limits.fileBytes} bytes.`;
    report.error('too_big', sentence, undefined, top);
    return null;
  }
  const body = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  if (body.trim() === '') {
    const sentence = included
      ? `${quote(file)} is empty or does not exist.`
      : `Please provide content of ${quote(file)}.`;
    report.error('empty', sentence, undefined, top);
    return null;
  }
  warnHiddenCharacters(new Source(file, body), report);
  const sources = splitDocuments(file, body);
  // Every document must be sound, also one that does not count afterwards.
  const documents = sources.slice(0, DOCUMENTS_MAX).map((source) => readDocument(source, report));
  if (documents.includes(null)) return null;
  return assemble(file, sources, documents as (Node | undefined)[], report, top);
}

const REORDERING = /[\u202a-\u202e\u2066-\u2069]/;

/** Characters that change the order of what is shown can make a reviewer read another script than the shell. */
function warnHiddenCharacters(source: Source, report: Report): void {
  const offset = source.text.search(REORDERING);
  if (offset === -1) return;
  const code = source.text.charCodeAt(offset).toString(16).toUpperCase();
  report.warn('hidden_character', `U+${code} changes the order in which this text is shown.`, undefined, {
    source,
    offset,
  });
}

function assemble(
  file: string,
  sources: Source[],
  documents: (Node | undefined)[],
  report: Report,
  top: { source: Source; offset: number },
): ReadFile | null {
  const [first, second] = documents;
  const bad = documents.findIndex((document) => document?.kind !== 'map');
  if (bad !== -1 || first?.kind !== 'map') {
    const sentence = `Invalid configuration format: ${quote(file)} must hold a hash of keys and values.`;
    report.error('not_a_hash', sentence, undefined, documents[bad] ?? top);
    return null;
  }
  const hasHeader = first.entries.has('spec') && second?.kind === 'map';
  const content = hasHeader ? second : first;
  const ignored = sources[hasHeader ? 2 : 1];
  if (ignored) {
    const sentence = 'Only the first document of a file counts; this one is ignored.';
    report.warn('document_ignored', sentence, undefined, { source: ignored, offset: 0 });
  }
  return { header: hasHeader ? first : null, content };
}

/** GitLab cuts a file in three at most; what follows in the last piece is never looked at. */
const DOCUMENTS_MAX = 3;

/** Null: not readable, and reported. Undefined: nothing in it. */
function readDocument(source: Source, report: Report): Node | undefined | null {
  try {
    const { events, read } = parse(source);
    return compose(read, events, report);
  } catch (error) {
    if (error instanceof YAMLException) return syntaxFault(error, source, report);
    if (error instanceof TooBig) throw error;
    if (error instanceof RangeError) return syntaxFault(undefined, source, report);
    throw error;
  }
}

const BLANKS = 256;
const PARSED_CHARS_MAX = 16 * 1024 * 1024;

/**
 * The events of a document, and the text that they point into. GitLab's parser does not mind how far the
 * second line of a quoted text or of a flow collection is indented; ours does, so such a line is moved right,
 * which changes no value. Tried again only as often as a bounded total of text allows.
 */
function parse(source: Source): { events: readonly Event[]; read: Source } {
  let read = source;
  for (let chars = read.text.length; ; chars += read.text.length) {
    try {
      return { events: parseEvents(read.text, { maxDepth: limits.depth }), read };
    } catch (error) {
      const isIndentation = error instanceof YAMLException && error.reason === 'deficient indentation';
      if (!isIndentation || chars > PARSED_CHARS_MAX || error.mark === null || error.mark === undefined) throw error;
      const moved = read.indented(error.mark.position, BLANKS);
      if (moved.text.length > source.text.length + PARSED_CHARS_MAX) throw error;
      read = moved;
    }
  }
}

function syntaxFault(error: YAMLException | undefined, source: Source, report: Report): null {
  const reason = error?.reason ?? 'the document cannot be read';
  const at = { source, offset: error?.mark?.position ?? 0 };
  if (/depth|nest/i.test(reason)) {
    report.error(
      'too_deep',
      `The YAML is nested too deeply: at most ${limits.depth} levels are allowed.`,
      undefined,
      at,
    );
  } else {
    report.error('syntax', `Invalid configuration format: ${reason}.`, undefined, at);
  }
  return null;
}
