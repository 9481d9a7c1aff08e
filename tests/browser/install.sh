#!/bin/sh
# Chromium for the tests of the pages, where it takes no question: by root with apt (in CI by sudo, too). Elsewhere, and
# when it cannot be installed, those tests are skipped.
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && exit 0
done
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
{ $root apt-get update -qq && $root apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; } >/dev/null </dev/null ||
  echo "Chromium could not be installed."
