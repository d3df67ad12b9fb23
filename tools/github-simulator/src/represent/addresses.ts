/** Where this GitHub is found: filled in once it listens. */
export class Addresses {
  /** As a browser and git see it, e.g. `http://127.0.0.1:4000`. */
  web = '';

  get api(): string {
    return `${this.web}/api/v3`;
  }
}
