import { words } from '../words.js';

/** `just now`, `4 min ago`, `yesterday`; the date itself when it is more than a month back. */
export function relativeTime(iso: string, nowMs: number): string {
  const seconds = Math.round((nowMs - Date.parse(iso)) / 1000);
  if (Number.isNaN(seconds)) return iso;
  if (seconds < 5) return words.time.now;
  if (seconds < 60) return words.time.second(seconds);
  if (seconds < 3600) return words.time.minute(Math.floor(seconds / 60));
  if (seconds < 86_400) return words.time.hour(Math.floor(seconds / 3600));
  const days = Math.floor(seconds / 86_400);
  return days <= 30 ? words.time.day(days) : iso.slice(0, 10);
}

/** `4 s`, `1m 04s`, `2h 07m`. */
export function duration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return '–';
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const two = (n: number) => String(n).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${two(Math.floor(whole / 60) % 60)}m`;
}
