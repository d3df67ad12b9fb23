import { cleanText } from './clean-text.js';
import { Shape } from './payload-shape.js';

/** As much of a commit's message as a pipeline keeps and a job is given. */
export const messageBytesMax = 16 * 1024;
const labelBytesMax = 1024;
/** Git itself takes no ref that is much longer; what is, was not made by a push. */
const refBytesMax = 1024;

export interface PushedCommit {
  readonly title: string;
  readonly message: string;
  readonly authorName: string | null;
  readonly authorEmail: string | null;
  readonly timestamp: string | null;
}

/** What a push delivery says, as far as it is used; texts are clean and bounded, numbers are checked. */
export interface PushPayload {
  readonly kind: 'branch' | 'tag' | 'other';
  /** The branch's or tag's own name. */
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly deleted: boolean;
  readonly repositoryId: number;
  readonly fullName: string;
  readonly defaultBranch: string | null;
  readonly isPrivate: boolean;
  readonly pushedAt: Date | null;
  readonly installationId: number | null;
  readonly sender: { readonly id: number; readonly login: string; readonly isBot: boolean } | null;
  readonly commit: PushedCommit | null;
  /** Whether the message of the pushed commit asks for no pipeline. */
  readonly asksToSkip: boolean;
}

/** Reads a parsed push; throws a WrongShape when it is none. */
export function readPush(value: unknown): PushPayload {
  const body = new Shape(value, '').object();
  const repository = body.at('repository').object();
  const ref = readRef(body.at('ref'));
  const head = body.at('head_commit');
  countCommits(body.at('commits'));
  return {
    ...ref,
    before: sha(body.at('before')),
    after: sha(body.at('after')),
    deleted: body.at('deleted').flagOr(false),
    repositoryId: repository.at('id').id(),
    fullName: cleanText(repository.at('full_name').text(), labelBytesMax),
    defaultBranch: optionalText(repository.at('default_branch')),
    isPrivate: repository.at('private').flagOr(true),
    pushedAt: repository.at('pushed_at').timeOr(null),
    installationId: body.at('installation').isAbsent ? null : body.at('installation').at('id').id(),
    sender: body.at('sender').isAbsent ? null : readSender(body.at('sender')),
    commit: head.isAbsent ? null : readCommit(head.object()),
    asksToSkip: !head.isAbsent && skipMarker.test(head.at('message').textOr('')),
  };
}

const skipMarker = /\[(?:ci[ _-]skip|skip[ _-]ci)\]/i;

function readRef(shape: Shape): { kind: PushPayload['kind']; name: string } {
  const ref = shape.text();
  if (Buffer.byteLength(ref) > refBytesMax) throw shape.wrong('a ref: it is too long');
  if (hasControlCharacter(ref) || cleanText(ref, refBytesMax) !== ref)
    throw shape.wrong('a ref: git allows no such character');
  const [, space = '', name = ''] = /^refs\/(heads|tags)\/(.+)$/.exec(ref) ?? [];
  if (space === 'heads') return { kind: 'branch', name };
  if (space === 'tags') return { kind: 'tag', name };
  if (!ref.startsWith('refs/')) throw shape.wrong('a ref');
  return { kind: 'other', name: ref };
}

function hasControlCharacter(ref: string): boolean {
  for (let i = 0; i < ref.length; i += 1) {
    const code = ref.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

/** The reader of bodies leaves the number of them. */
function countCommits(shape: Shape): void {
  if (typeof shape.raw() !== 'number') throw shape.wrong('a list');
}

function sha(shape: Shape): string {
  const text = shape.text();
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)) throw shape.wrong('a commit');
  return text;
}

function readSender(shape: Shape): PushPayload['sender'] {
  const login = cleanText(shape.at('login').text(), labelBytesMax);
  return { id: shape.at('id').id(), login, isBot: shape.at('type').textOr('User') === 'Bot' };
}

function readCommit(head: Shape): PushedCommit {
  const message = cleanText(head.at('message').textOr(''), messageBytesMax);
  const author = head.at('author');
  return {
    title: cleanText(message.split('\n', 1)[0] ?? '', labelBytesMax),
    message,
    authorName: author.isAbsent ? null : optionalText(author.at('name')),
    authorEmail: author.isAbsent ? null : optionalText(author.at('email')),
    timestamp: head.at('timestamp').timeOr(null)?.toISOString() ?? null,
  };
}

function optionalText(shape: Shape): string | null {
  const text = shape.textOr(null);
  return text === null ? null : cleanText(text, labelBytesMax);
}
