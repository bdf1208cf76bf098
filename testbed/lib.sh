# Shared by every script of the testbed: paths, messages, packages, and the way into dom0.
# shellcheck shell=bash

source_directory=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository_directory=$(dirname "$source_directory")
state_directory=${CLOUDNET_TESTBED_DIR:-$repository_directory/.testbed}
mkdir -p "$state_directory"
state_directory=$(cd "$state_directory" && pwd)
root_directory=$state_directory/root
image_directory=$state_directory/image
share_directory=$state_directory/share
log_directory=$state_directory/log
export source_directory repository_directory state_directory
export root_directory image_directory share_directory log_directory

say() { echo "testbed: $*" >&2; }

fail() {
    say "$*"
    exit 1
}

# need_packages COMMAND=PACKAGE...: installs the packages whose command is missing.
need_packages() {
    local pair missing=()
    for pair; do
        command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    apt-get update -qq >&2 || fail "apt-get update failed: check the network and /etc/apt/sources.list"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
        >/dev/null || fail "apt-get could not install: ${missing[*]}"
}

host_directory() { echo "$state_directory/host$1"; }

is_up() {
    local process_id
    process_id=$(cat "$(host_directory "$1")/qemu.pid" 2>/dev/null) &&
        [ "$(cat "/proc/$process_id/comm" 2>/dev/null)" = qemu-system-x86 ]
}

# on_host N COMMAND...: runs it in dom0 of host N, with its output and exit code.
on_host() {
    local number=$1 directory
    shift
    directory=$(host_directory "$number")
    # The control socket's path is relative: a socket's name may have 107 bytes only.
    (cd "$directory" && exec ssh -F ssh_config xenhost "$@")
}

# The host that dom0 means: a guest that moves to the other host changes it.
current_host=1
dom0() { on_host "$current_host" "$@"; }

# on_each_host COMMAND...: on every host that is up.
on_each_host() {
    local number
    for number in 1 2; do
        ! is_up $number || on_host $number "$@"
    done
}

# pack_initramfs FOLDER FILE
pack_initramfs() {
    (cd "$1" && find . | cpio --quiet -o -H newc -R 0:0) >"$2"
}

# fill_guest_folder FOLDER: what every guest's initramfs holds.
fill_guest_folder() {
    mkdir -p "$1"/{bin,dev,mnt,proc,sys}
    install -m 755 "$(command -v busybox)" "$1/bin/busybox"
    install -m 755 "$source_directory/guest/init" "$1/init"
    install -m 755 "$source_directory/guest/busy" "$1/bin/busy"
    # To write it in a guest takes half a minute.
    busybox awk -f "$source_directory/guest/text.awk" >"$1/text"
}
