#!/bin/sh
# Chromium for the tests of the pages, where it takes no question: by root with apt (in CI by sudo, too). Elsewhere, and
# when it cannot be installed, those tests are skipped. Debian's headless build needs half the time of the one with windows,
# which does as well.
command -v chromium-headless-shell >/dev/null && exit 0
command -v apt-get >/dev/null || exit 0
if [ "$(id -u)" = 0 ]; then
  root=""
elif [ -n "$CI" ] && sudo -n true 2>/dev/null; then
  root="sudo -n"
else
  exit 0
fi
echo "Installing Chromium for the tests of the pages …"
export DEBIAN_FRONTEND=noninteractive
apt() {
  timeout 300 $root apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 </dev/null
}
timeout 120 $root apt-get update -qq >/dev/null 2>&1 </dev/null
apt chromium-headless-shell fonts-dejavu-core && exit 0
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && exit 0
done
apt chromium fonts-dejavu-core || echo "Chromium could not be installed."
