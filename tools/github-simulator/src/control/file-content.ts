import type { FileContent } from './wire.js';

/** Splits the control API's files into what git writes and the modes of those that are not plain. */
export function readFiles(files: Record<string, FileContent>): {
  files: Record<string, Buffer | null>;
  modes: Record<string, string>;
} {
  const contents: Record<string, Buffer | null> = {};
  const modes: Record<string, string> = {};
  for (const [path, content] of Object.entries(files)) {
    if (content === null) contents[path] = null;
    else if (typeof content === 'string') contents[path] = Buffer.from(content);
    else if ('base64' in content) contents[path] = Buffer.from(content.base64, 'base64');
    else if ('link' in content) {
      contents[path] = Buffer.from(content.link);
      modes[path] = '120000';
    } else if ('submodule' in content) {
      contents[path] = Buffer.from(content.submodule);
      modes[path] = '160000';
    } else {
      contents[path] = Buffer.from(content.executable);
      modes[path] = '100755';
    }
  }
  return { files: contents, modes };
}
