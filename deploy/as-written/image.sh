#!/usr/bin/env bash
# In a network of its own, as root: runs the image as a container would be run, with an SQLite database in a volume.
# Usage: image.sh FOLDER CONTAINER    (the folder of deploy/try-image.sh, and buildah's working container of the image)
set -euo pipefail
folder=$1 container=$2
ip link set lo up
image() { buildah --root "$folder/store" --runroot "$folder/run" --storage-driver vfs "$@"; }
fail() { echo "The image: $1"; tail -n 40 "$folder"/*.log; exit 1; }

root=$(image mount "$container")
secret() { head -c 32 /dev/urandom | base64 | tr '+/' '-_'; }
settings=(--env "SECRET_KEY=$(secret)" --env "CREDENTIALS_KEY=$(secret)" --env ALLOWED_HOSTS=localhost)
run() { image run --isolation chroot "${settings[@]}" "$container" "$@"; }
of_config() { image inspect --type image --format "$1" hub-trial; }

[ "$(run id -u)" = 10001 ] || fail "it runs as root"
! run touch /opt/hub/written 2>/dev/null || fail "its code can be written"
run python manage.py migrate --no-input >"$folder/migrate.log" 2>&1 || fail "the tables were not made"
mapfile -t command < <(of_config '{{range .OCIv1.Config.Cmd}}{{println .}}{{end}}' | sed '/^$/d')
mapfile -t check < <(of_config '{{range .Docker.Config.Healthcheck.Test}}{{println .}}{{end}}' | sed '/^$/d; 1d')
run "${command[@]}" >"$folder/web.log" 2>&1 &
run python manage.py worker >"$folder/worker.log" 2>&1 &

until run "${check[@]}" >"$folder/health.log" 2>&1; do
  [ "$SECONDS" -lt 400 ] || fail "its health check fails"
  sleep 1
done
ready='import sys, urllib.request as r; r.urlopen(r.Request("http://127.0.0.1:8000/api/health/ready/", headers={"Host": "localhost"}), timeout=9)'
until run python -c "$ready" >"$folder/ready.log" 2>&1; do
  [ "$SECONDS" -lt 500 ] || fail "it does not become ready"
  sleep 1
done

# As an engine does: SIGTERM to the first process of each container.
mapfile -t main < <(pgrep --oldest --full "$root/../.*gunicorn|^/opt/hub/.venv/bin/python.*gunicorn"; pgrep --oldest --full 'python manage.py worker$')
[ "${#main[@]}" = 2 ] || fail "its two processes were not found"
began=$SECONDS
kill -TERM "${main[@]}"
while kill -0 "${main[@]}" 2>/dev/null; do
  [ $((SECONDS - began)) -lt 60 ] || fail "it does not end within 60 s after SIGTERM"
  sleep 0.2
done
echo "The image works: tables, web and worker are ready, not root, the health check holds, both end $((SECONDS - began)) s after SIGTERM."
