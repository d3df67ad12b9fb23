/** How each of the fifty conformance tests of the protocol page is held. */
export type Held =
  | { by: 'a real gitlab-runner' }
  | { by: 'a scripted runner' }
  /** Not held, and why. */
  | { by: null; why: string };

const real: Held = { by: 'a real gitlab-runner' };
const scripted: Held = { by: 'a scripted runner' };
const skipped = (why: string): Held => ({ by: null, why });

/** By number. A test of that number stands in a spec of a folder called `conformance`; another test counts them. */
export const catalogue: Readonly<Record<number, Held>> = {
  1: real,
  2: scripted,
  3: real,
  4: scripted,
  5: real,
  6: real,
  7: real,
  8: scripted,
  9: scripted,
  10: scripted,
  11: scripted,
  12: scripted,
  13: scripted,
  14: real,
  15: scripted,
  16: scripted,
  17: scripted,
  18: scripted,
  19: scripted,
  20: scripted,
  21: real,
  22: scripted,
  23: scripted,
  24: scripted,
  25: real,
  26: real,
  27: skipped('there is no forced cancel yet; a refused job is stopped by the 403 of numbers 24 and 50'),
  28: skipped("jobs cannot be deleted yet; a token that is nobody's is answered 403 (numbers 11 and 50)"),
  29: real,
  30: real,
  31: real,
  32: real,
  33: real,
  34: scripted,
  35: scripted,
  36: scripted,
  37: scripted,
  38: real,
  39: scripted,
  40: real,
  41: skipped('a clone token reads one repository, so a private submodule cannot be had with it yet'),
  42: real,
  43: real,
  44: skipped('a repository is one project here, and one GitHub host is served: no two projects share a path'),
  45: skipped('needs a git host with a certificate of a public authority, which a test on loopback has not'),
  46: real,
  47: real,
  48: scripted,
  49: scripted,
  50: scripted,
};
