/** What is looked for in logs. */
export interface SecretForms {
  /** As they are, URL-encoded, and as they stand in JSON. */
  readonly plain: readonly Buffer[];
  /** In base64, whatever stands before and after them; such text is often broken into lines. */
  readonly base64: readonly Buffer[];
}

/** Shorter ones would hide ordinary words. GitLab takes no shorter value as a masked variable either. */
const charactersMin = 8;
/** Longer ones are looked for piece by piece, so that little has to be held back at the end of a chunk. */
const pieceBytes = 1_024;
const valueBytesMax = 64 * 1_024;
const patternsMax = 4_000;

/**
 * The forms in which secrets are found. A value of several lines is looked for line by line, since a terminal
 * changes what is between lines. Reversed or encrypted ones are out of reach.
 */
export function formsOf(secrets: readonly string[]): SecretForms {
  const plain = new Set<string>();
  const base64 = new Set<string>();
  for (const secret of new Set(secrets)) {
    const value = secret.trim().slice(0, valueBytesMax);
    for (const line of value.split(/\r?\n/).map((each) => each.trim())) {
      for (const form of spellingsOf(line)) addPieces(plain, form);
    }
    if (value.length >= charactersMin) for (const form of base64Of(value)) addPieces(base64, form);
  }
  return { plain: toBuffers(plain), base64: toBuffers(base64) };
}

function spellingsOf(line: string): string[] {
  if (line.length < charactersMin) return [];
  const encoded = encodeURIComponent(Buffer.from(line).toString());
  return [line, encoded, encoded.replaceAll('%20', '+'), JSON.stringify(line).slice(1, -1)];
}

/** One for each place that the value may have in three bytes; the characters that its neighbours change are left out. */
function base64Of(value: string): string[] {
  const bytes = Buffer.from(value);
  const forms = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}

function addPieces(to: Set<string>, form: string): void {
  const bytes = Buffer.from(form);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = bytes.subarray(at, at + pieceBytes);
    if (piece.length >= charactersMin) to.add(piece.toString('latin1'));
  }
}

function toBuffers(forms: ReadonlySet<string>): Buffer[] {
  return [...forms].slice(0, patternsMax).map((form) => Buffer.from(form, 'latin1'));
}
