/** Crosstie's own version, as `/healthz` and `/version` tell it. */
export const version = '0.1.0';
