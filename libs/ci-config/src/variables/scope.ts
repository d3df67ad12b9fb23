import type { Variables } from '../shape/variables.js';

export interface Variable {
  readonly value: string;
  readonly raw: boolean;
}

/** One source of variables; a map, or something that works its values out when asked. */
export interface Layer {
  get(name: string): Variable | undefined;
}

type Layers = readonly Layer[];

/**
 * The variables that are seen at one place, as layers from the strongest to the weakest. Layers are
 * shared between jobs, so a job costs only what is its own.
 */
export class Scope {
  private made: Layers | undefined;

  constructor(private readonly make: () => Layers) {}

  /** Looks a variable up, strongest layer first. */
  get find(): (name: string) => Variable | undefined {
    return (name) => this.search(name);
  }

  /** As `find`, the text alone. */
  get value(): (name: string) => string | undefined {
    return (name) => this.search(name)?.value;
  }

  private search(name: string): Variable | undefined {
    this.made ??= this.make();
    for (const layer of this.made) {
      const variable = layer.get(name);
      if (variable !== undefined) return variable;
    }
    return undefined;
  }
}

/** Plain texts as a layer. */
export function layer(values: ReadonlyMap<string, string>): ReadonlyMap<string, Variable> {
  return new Map([...values].map(([name, value]) => [name, { value, raw: false }]));
}

/** One map of several, the later ones on top, in order of first appearance. */
export function overlay(...maps: readonly (Variables | undefined)[]): Variables {
  const given = maps.filter((map) => map !== undefined && map.size > 0);
  if (given.length <= 1) return given[0] ?? new Map();
  const made = new Map(given[0]);
  for (const map of given.slice(1)) for (const [name, variable] of map ?? []) made.set(name, variable);
  return made;
}
