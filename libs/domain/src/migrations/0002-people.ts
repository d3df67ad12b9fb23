import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Users, their GitHub identities, terms, seats, memberships, sessions and tokens. */
export class People1764000000002 implements MigrationInterface {
  name = 'People1764000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE user_account (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        username text NOT NULL,
        name text NOT NULL,
        email text,
        avatar_url text,
        is_admin boolean NOT NULL DEFAULT false,
        state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'blocked')),
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE UNIQUE INDEX user_account_username ON user_account (lower(username));

      -- The 1:1 link, unique both ways. Login is a label; the numeric id is who it is.
      CREATE TABLE identity (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        user_id bigint NOT NULL REFERENCES user_account (id),
        host text NOT NULL,
        github_user_id bigint NOT NULL,
        login text NOT NULL,
        state text NOT NULL DEFAULT 'linked' CHECK (state IN ('linked', 'needs_reauth', 'revoked')),
        linked_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (host, github_user_id),
        UNIQUE (user_id, host)
      );

      CREATE TABLE terms_version (
        version integer PRIMARY KEY,
        body text NOT NULL,
        published_at timestamptz NOT NULL DEFAULT now()
      );

      CREATE TABLE acceptance (
        user_id bigint NOT NULL REFERENCES user_account (id),
        version integer NOT NULL REFERENCES terms_version (version),
        accepted_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (user_id, version)
      );

      CREATE TABLE seat (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        user_id bigint NOT NULL REFERENCES user_account (id),
        taken_at timestamptz NOT NULL DEFAULT now(),
        released_at timestamptz
      );
      CREATE UNIQUE INDEX seat_held ON seat (user_id) WHERE released_at IS NULL;

      -- Explicit roles, beside those that follow GitHub's permission. A null project means every project of the owner.
      CREATE TABLE membership (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        user_id bigint NOT NULL REFERENCES user_account (id),
        project_id bigint NOT NULL,
        access_level integer NOT NULL CHECK (access_level IN (10, 20, 30, 40, 50)),
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (project_id, user_id)
      );
      CREATE INDEX membership_user ON membership (user_id);

      -- Browser sessions. The cookie holds a random value, the row its hash. \`data\` holds the pending
      -- sign-in (state, PKCE verifier, purpose, where to go on), and sealed what waits for the person's consent.
      CREATE TABLE session (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        token_hash bytea NOT NULL UNIQUE,
        user_id bigint REFERENCES user_account (id),
        data jsonb NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL DEFAULT now(),
        seen_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL
      );

      CREATE TABLE access_token (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        user_id bigint NOT NULL REFERENCES user_account (id),
        name text NOT NULL,
        token_hash bytea NOT NULL UNIQUE,
        scopes text[] NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz
      );
      CREATE INDEX access_token_user ON access_token (user_id);

      -- One row: the first-run set-up. Closed for good once an administrator exists.
      CREATE TABLE setup (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        code_hash bytea,
        code_at timestamptz,
        tries integer NOT NULL DEFAULT 0,
        completed_at timestamptz
      );
      INSERT INTO setup (one) VALUES (true);

      -- One row of what the administrator decides for the whole server.
      CREATE TABLE server_setting (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        -- The highest role that GitHub's permission alone can give.
        github_role_cap integer NOT NULL DEFAULT 40 CHECK (github_role_cap IN (0, 10, 20, 30, 40)),
        seat_limit integer
      );
      INSERT INTO server_setting (one) VALUES (true);
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
