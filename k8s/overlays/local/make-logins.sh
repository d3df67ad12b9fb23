#!/bin/bash
# Runs once, when the cluster is made: a login for each service, in the role whose grants `crosstie migrate` sets.
set -euo pipefail
while read -r service password; do
  role="crosstie_${service//-/_}"
  psql -v ON_ERROR_STOP=1 -v password="$password" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<SQL
CREATE ROLE $role NOLOGIN;
CREATE ROLE ${role}_login LOGIN PASSWORD :'password' IN ROLE $role;
SQL
done < /run/secrets/postgresql/logins
