# Sourced by every script: the right Node.js first on PATH, dependencies installed, quiet tools.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

node_is_new_enough() {
  command -v node >/dev/null 2>&1 || return 1
  node -e 'const [a,b]=process.versions.node.split(".").map(Number);process.exit(a>24||(a===24&&b>=9)?0:1)'
}

if ! node_is_new_enough; then
  toolchain_bin="$PWD/script/toolchain/node_modules/.bin"
  if [ ! -x "$toolchain_bin/node" ]; then
    echo "Node.js 24.9 or newer is needed; bringing one into script/toolchain" >&2
    npm ci --prefix script/toolchain --ignore-scripts --no-audit --no-fund --loglevel=error >&2 || exit 1
  fi
  if [ ! -x "$toolchain_bin/node" ]; then
    echo "npm brought no Node.js: either it does not reach its registry, or there is no build for this platform." >&2
    echo "Install Node.js 24.9 or newer and run this again." >&2
    exit 1
  fi
  export PATH="$toolchain_bin:$PATH"
fi

install_dependencies() {
  cmp -s package-lock.json node_modules/.installed && return
  npm ci --no-audit --no-fund --loglevel=error >&2 && cp package-lock.json node_modules/.installed
}

# Two installs at once take each other's files away; where there is flock, the second one waits for the first.
if ! cmp -s package-lock.json node_modules/.installed; then
  (
    ! command -v flock >/dev/null 2>&1 || flock 9
    install_dependencies
  ) 9<package.json || exit 1
fi

export PATH="$PWD/node_modules/.bin:$PATH"
export NX_DAEMON=false NX_TUI=false NX_NO_CLOUD=true
export NODE_OPTIONS="--experimental-vm-modules --disable-warning=ExperimentalWarning ${CROSSTIE_NODE_OPTIONS:-}"
