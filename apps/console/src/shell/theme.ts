export type Theme = 'system' | 'light' | 'dark';

const key = 'crosstie.theme';
const dark = window.matchMedia('(prefers-color-scheme: dark)');
let chosen: Theme = 'system';

dark.addEventListener('change', () => applyTheme(chosen));

/** The theme chosen in this browser. */
export function storedTheme(): Theme {
  const stored = localStorage.getItem(key);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

/** Shows the theme and remembers it. */
export function applyTheme(theme: Theme): void {
  chosen = theme;
  localStorage.setItem(key, theme);
  document.documentElement.dataset['theme'] = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
}
