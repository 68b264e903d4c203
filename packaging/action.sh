#!/usr/bin/env bash
# What action.yml does, in one place that is tested without GitHub (.ci/package):
#
#     packaging/action.sh version     the version to install, as an output of the step
#     packaging/action.sh install     downloads the archive of this platform, checks it, and adds it to the PATH
#     packaging/action.sh run         runs a command, with reports
#
# Inputs are variables named FAILSPEC_…, as action.yml sets them. Nothing of an input is ever evaluated by a shell.
set -euo pipefail

fail() {
  # An annotation ends at its line.
  printf '::error::failspec: %s\n' "${1//$'\n'/ }"
  exit 2
}

# Writes an output of the step. A value that has lines would write further outputs.
output() {
  case $2 in
    *$'\n'*) fail "$1 has more than one line" ;;
  esac
  printf '%s=%s\n' "$1" "$2" >> "${GITHUB_OUTPUT:?}"
}

# The version that is asked for, or that of the action itself.
version() {
  local asked=${FAILSPEC_VERSION:-}
  if [ -z "$asked" ]; then
    asked=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"$/\1/p' "${FAILSPEC_ACTION_PATH:?}/Cargo.toml")
  fi
  asked=${asked#v}
  [[ $asked =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || fail "\`$asked\` is not a version, such as 0.1.0"
  printf '%s' "$asked"
}

# Rust's name of the platform of the runner.
platform() {
  case "${RUNNER_OS:-}/${RUNNER_ARCH:-}" in
    Linux/X64) echo x86_64-unknown-linux-musl ;;
    Linux/ARM64) echo aarch64-unknown-linux-musl ;;
    macOS/X64) echo x86_64-apple-darwin ;;
    macOS/ARM64) echo aarch64-apple-darwin ;;
    Windows/X64) echo x86_64-pc-windows-msvc ;;
    *) fail "there is no program for ${RUNNER_OS:-an unknown system} on ${RUNNER_ARCH:-an unknown processor}" ;;
  esac
}

# The folder of the program, which the action caches by version and platform.
folder() { printf '%s/failspec/%s/%s' "${RUNNER_TOOL_CACHE:?}" "$1" "$2"; }

command_version() {
  local version platform
  version=$(version)
  platform=$(platform)
  output version "$version"
  output key "failspec-$version-$platform"
  output folder "$(folder "$version" "$platform")"
}

command_install() {
  local version platform folder name archive base
  version=$(version)
  platform=$(platform)
  folder=$(folder "$version" "$platform")
  name=failspec-$version-$platform
  archive=$name.tar.gz
  case $platform in *windows*) archive=$name.zip ;; esac
  # The releases are those of the repository that the action is from.
  base=${FAILSPEC_DOWNLOADS:-${GITHUB_SERVER_URL:-}/${FAILSPEC_REPOSITORY:-}/releases/download}/v$version
  if [ ! -x "$folder/failspec" ] && [ ! -x "$folder/failspec.exe" ]; then
    local temporary
    temporary=$(mktemp -d)
    for file in "$archive" SHA256SUMS; do
      curl --fail --silent --show-error --location --retry 3 --output "$temporary/$file" "$base/$file" \
        || fail "cannot download $base/$file"
    done
    (
      cd "$temporary"
      grep -F "  $archive" SHA256SUMS > expected || fail "SHA256SUMS does not list $archive"
      if command -v sha256sum >/dev/null; then sha256sum --check --quiet expected
      else shasum --algorithm 256 --check --quiet expected; fi
    ) >&2 || fail "$archive is not what SHA256SUMS says"
    mkdir -p "$folder"
    case $archive in
      *.zip) unzip -q "$temporary/$archive" -d "$temporary" ;;
      *) tar xzf "$temporary/$archive" -C "$temporary" ;;
    esac
    # Moved last: an interrupted step leaves no half of a program.
    mv "$temporary/$name"/failspec* "$folder/"
    rm -rf "$temporary"
  fi
  printf '%s\n' "$folder" >> "${GITHUB_PATH:?}"
  "$folder/failspec" --version
}

# Splits the command into words as a shell does, with quotes and backslashes, and evaluates nothing. Only the names of
# files may be patterns, and only those to be merged.
split() {
  words=()
  local list word file
  list=$(printf '%s\n' "$1" | xargs -n1 printf '%s\n') || return 1
  while IFS= read -r word; do
    if [ "${words[0]:-}" = merge ] && [[ $word == *'*'* ]]; then
      while IFS= read -r file; do words+=("$file"); done < <(compgen -G "$word" | sort)
    elif [ -n "$word" ]; then
      words+=("$word")
    fi
  done <<< "$list"
}

command_run() {
  split "${FAILSPEC_COMMAND:-run}" || fail 'the command has a quote without an end'
  local command=("${words[@]}")
  local reports=${FAILSPEC_REPORTS:-failspec-reports} shard=${FAILSPEC_SHARD:-} prefix=report
  case ${command[0]:-} in
    run | merge)
      mkdir -p "$reports"
      if [ -n "$shard" ]; then
        [[ $shard =~ ^[0-9]+/[0-9]+$ ]] || fail "\`$shard\` is not a shard, such as 2/3"
        command+=(--shard "$shard")
        prefix=shard-${shard%/*}
      fi
      command+=(--report "json=$reports/$prefix.json" --report "junit=$reports/$prefix.xml" --report "html=$reports/$prefix.html")
      # The format `github` writes the annotations, and the summary unless it has a file of its own for that.
      if [ "${FAILSPEC_ANNOTATIONS:-true}" = true ]; then
        if [ "${FAILSPEC_SUMMARY:-true}" = true ]; then command+=(--report github)
        else command+=(--report "github=$reports/$prefix.md"); fi
      elif [ "${FAILSPEC_SUMMARY:-true}" = true ]; then
        command+=(--report "markdown=${GITHUB_STEP_SUMMARY:?}")
      fi
      ;;
  esac
  local code=0
  failspec "${command[@]}" || code=$?
  output exit-code "$code"
  output reports "$reports"
  case " ${FAILSPEC_ALLOW:-} " in
    *" $code "*) echo "exit code $code is allowed here"; exit 0 ;;
  esac
  exit "$code"
}

case ${1:-} in
  version) command_version ;;
  install) command_install ;;
  run) command_run ;;
  *) fail 'usage: action.sh version|install|run' ;;
esac
