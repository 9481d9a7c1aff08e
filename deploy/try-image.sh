#!/usr/bin/env bash
# Builds the image and starts the compose file with keys of its own, waits until the hub says that it works, and takes all of it
# away again. Without a container engine it says so and does nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! timeout 20 docker info >/dev/null 2>&1; then
  echo "No container engine answers here: the image and the compose file were not built or started."
  exit 0
fi

folder=$(mktemp -d)
export COMPOSE_PROJECT_NAME="hub-trial-$$"
secret() { head -c 32 /dev/urandom | base64 | tr '+/' '-_'; }
cat >"$folder/env" <<ENV
SECRET_KEY=$(secret)
CREDENTIALS_KEY=$(secret)
ALLOWED_HOSTS=localhost
POSTGRES_PASSWORD=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')
ENV
# The compose file reads ../.env for the containers; the trial brings its own.
sed "s|env_file: ../.env|env_file: $folder/env|; s|context: ..|context: $PWD|" deploy/compose.yaml >"$folder/compose.yaml"
compose() { docker compose --file "$folder/compose.yaml" --env-file "$folder/env" "$@"; }
trap 'compose down --volumes --timeout 20 >/dev/null 2>&1; rm -r "$folder"' EXIT

compose build
compose up --detach --wait --wait-timeout 180 web worker
for who in web worker; do
  [ "$(compose exec -T "$who" id -u)" = 10001 ] || { echo "$who runs as root"; exit 1; }
  ! compose exec -T "$who" touch /opt/hub/written 2>/dev/null || { echo "the root of $who can be written"; exit 1; }
done
for _ in $(seq 60); do
  if compose exec -T web python -c 'import urllib.request as r; r.urlopen(r.Request("http://127.0.0.1:8000/api/health/ready/", headers={"Host": "localhost"}))' 2>/dev/null; then
    echo "The image was built, and the compose file works: web and worker are ready, not root, with a read-only root."
    exit 0
  fi
  sleep 2
done
compose logs --tail 50
echo "The compose file did not become ready."
exit 1
