/** The body does not have the shape of its event; the sentence names the first place that is wrong. */
export class WrongShape extends Error {
  override readonly name = 'WrongShape';
}

/** A value of a payload with the place it was found at; reading it as something else throws {@link WrongShape}. */
export class Shape {
  constructor(
    private readonly value: unknown,
    private readonly place: string,
  ) {}

  get isAbsent(): boolean {
    return this.value === null || this.value === undefined;
  }

  at(key: string): Shape {
    if (!isRecord(this.value)) throw this.wrong('an object');
    return new Shape(this.value[key], this.place ? `${this.place}.${key}` : key);
  }

  /** The object itself is looked at, so that a list or a number in its place is told. */
  object(): Shape {
    if (!isRecord(this.value)) throw this.wrong('an object');
    return this;
  }

  text(): string {
    if (typeof this.value !== 'string') throw this.wrong('a text');
    return this.value;
  }

  textOr<T>(fallback: T): string | T {
    return typeof this.value === 'string' ? this.value : fallback;
  }

  /** A number of GitHub's that names something. */
  id(): number {
    if (typeof this.value !== 'number' || !Number.isSafeInteger(this.value) || this.value < 0) {
      throw this.wrong('an id');
    }
    return this.value;
  }

  flag(): boolean {
    if (typeof this.value !== 'boolean') throw this.wrong('true or false');
    return this.value;
  }

  flagOr(fallback: boolean): boolean {
    return typeof this.value === 'boolean' ? this.value : fallback;
  }

  list(): Shape[] {
    if (!Array.isArray(this.value)) throw this.wrong('a list');
    return this.value.map((item, index) => new Shape(item, `${this.place}[${index}]`));
  }

  /** Seconds since 1970 or an ISO text: GitHub uses both for the same field. */
  timeOr<T>(fallback: T): Date | T {
    const { value } = this;
    const time = typeof value === 'number' ? new Date(value * 1000) : new Date(typeof value === 'string' ? value : NaN);
    return Number.isNaN(time.getTime()) ? fallback : time;
  }

  raw(): unknown {
    return this.value;
  }

  wrong(expected: string): WrongShape {
    return new WrongShape(`${this.place || 'the body'} is not ${expected}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
