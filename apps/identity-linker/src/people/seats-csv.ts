import type { ApiSeat } from './api-seat.js';

const columns = ['user_id', 'username', 'name', 'github_login', 'github_user_id', 'taken_at', 'released_at'] as const;

/** Seats as a spreadsheet reads them. A cell that would be taken for a formula is made text. */
export function seatsCsv(rows: readonly ApiSeat[]): string {
  const lines = rows.map((row) => columns.map((column) => cell(row[column])).join(','));
  return `${[columns.join(','), ...lines].join('\r\n')}\r\n`;
}

function cell(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
