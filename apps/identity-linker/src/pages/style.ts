/** The one stylesheet of the pages below /auth. */
export const stylesheet = `
:root { color-scheme: light dark; --ink: #1c2128; --soft: #59636e; --line: #d1d9e0; --paper: #fff; --ground: #f4f6f8; --deed: #0b6e4f; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --line: #3d444d; --paper: #151b23; --ground: #0d1117; --deed: #2ea67a; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 34rem; margin: 8vh auto; padding: 2rem; background: var(--paper); border: 1px solid var(--line); border-radius: 10px; }
header { font-weight: 650; letter-spacing: .02em; color: var(--soft); margin-bottom: 1.25rem; }
h1 { font-size: 1.45rem; line-height: 1.25; margin: 0 0 1rem; }
p, li { max-width: 60ch; }
label { display: block; margin: 1rem 0 .25rem; font-weight: 600; }
input[type=text], input[type=password] { width: 100%; padding: .55rem .7rem; font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: 6px; }
button, a.button { display: inline-block; margin: 1.25rem .5rem 0 0; padding: .55rem 1.1rem; font: inherit; font-weight: 600; color: #fff; background: var(--deed); border: 0; border-radius: 6px; cursor: pointer; text-decoration: none; }
button.quiet { color: var(--ink); background: transparent; border: 1px solid var(--line); }
button:focus-visible, a:focus-visible, input:focus-visible { outline: 3px solid #4493f8; outline-offset: 2px; }
form.beside { display: inline; }
hr { margin: 1.75rem 0 1.25rem; border: 0; border-top: 1px solid var(--line); }
.terms { max-height: 18rem; overflow: auto; padding: .25rem 1rem; border: 1px solid var(--line); border-radius: 6px; background: var(--ground); white-space: pre-wrap; }
.problem { padding: .6rem .9rem; border-left: 4px solid var(--bad); background: var(--ground); }
.soft { color: var(--soft); font-size: .9rem; }
code { font-family: ui-monospace, monospace; }
`;
