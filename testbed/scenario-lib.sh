# What scenarios are made of: guests, migrations between two helpers, and expectations.
# shellcheck shell=bash disable=SC2034 # scenarios use the variables
set -euo pipefail
# shellcheck source=testbed/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

stock_helper=/usr/lib/xen-4.17/bin/libxl-save-helper
our_save_helper=/opt/cloudnet/cloudnet-save
our_restore_helper=/opt/cloudnet/cloudnet-restore
# A scenario sets these to change the next migrations.
source_helper=$our_save_helper
target_helper=$our_restore_helper
source_environment=
target_environment=
# A command of dom0 that the stream passes through on its way.
stream_filter=

helper_messages=/run/helper-messages
console_directory=/var/log/xen/console
# To make the files of the kernel's tracing takes a third of a guest's boot.
guest_arguments="console=hvc0 loglevel=4 initcall_blacklist=tracer_init_tracefs,init_kprobe_trace"
guest_start_seconds_max=400
tick_seconds_max=40
migration_log=$log_directory/$(basename "$0" .sh).migration

flunk() {
    echo "scenario: $*"
    exit 1
}

report() { echo "result: $*"; }

console() { on_each_host "cat $console_directory/guest-$1.log $console_directory/guest-$1--incoming.log 2>/dev/null || true"; }

# The number of the newest tick that the guest has printed.
last_tick() {
    dom0 "tail -q -n 30 $console_directory/guest-$1.log $console_directory/guest-$1--incoming.log 2>/dev/null |
        awk '/^tick [0-9]+ [0-9.]+\r?\$/ && \$2 > last { last = \$2 } END { print last + 0 }'"
}

domain_id() { dom0 "xl domid $1"; }

# start_guest TYPE WORKLOAD [MEMORY_MIB [FILL_MIB]]: or takes the one that the scenario before has left.
start_guest() {
    local type=$1 workload=$2 memory_mib=${3:-} fill_mib=${4:-100} memory=() ready="tick 3 "
    if [ -n "${left_guests:-}" ]; then
        expect_only_domain "$type"
        expect_ticking "$type"
        return
    fi
    [ -z "$memory_mib" ] || memory=("'memory=$memory_mib'")
    [ "$workload" != busy ] || ready="busy: filled"
    on_each_host "rm -f $console_directory/guest-$type*.log"
    dom0 "xl create -q /guests/$type.cfg ${memory[*]} \
        'extra=\"$guest_arguments workload=$workload fill_mib=$fill_mib\"'"
    dom0 "for second in \$(seq $guest_start_seconds_max); do
        grep -q '$ready' $console_directory/guest-$type.log 2>/dev/null && exit 0
        sleep 1
    done
    exit 1" || flunk "the $type guest did not start in $guest_start_seconds_max s"
}

# migrate_command GUEST [OPTION...]: the command for dom0.
migrate_command() {
    local guest=$1
    shift
    echo "env $source_environment WATCHED_HELPER=$source_helper LIBXL_SAVE_HELPER=/usr/bin/watched-helper" \
        "xl migrate $* -s '' $guest" \
        "'${stream_filter:+$stream_filter | }env $target_environment LIBXL_SAVE_HELPER=$target_helper xl migrate-receive'"
}

# migrate GUEST [OPTION...]: its exit code is xl's.
migrate() {
    local status=0
    dom0 "export HELPER_MESSAGES=$helper_messages; $(migrate_command "$@")" >"$migration_log" 2>&1 || status=$?
    cat "$migration_log"
    return $status
}

# interrupt_migration ROUND SIGNAL save|restore GUEST [OPTION...]: signals a helper in a round of the save.
interrupt_migration() {
    local round=$1 signal=$2 side=$3 status=0
    shift 3
    dom0 "export HELPER_MESSAGES=$helper_messages; interrupt-migration $round $signal $side $(migrate_command "$@")" >"$migration_log" 2>&1 || status=$?
    cat "$migration_log"
    [ $status -ne 99 ] || flunk "the migration ended before round $round"
    return $status
}

expect_ticking() {
    local guest=$1 tick deadline=$((SECONDS + tick_seconds_max))
    tick=$(last_tick "$guest")
    while [ $SECONDS -lt $deadline ]; do
        [ "$(last_tick "$guest")" -le $((tick + 3)) ] || return 0
        sleep 0.2
    done
    flunk "the $guest guest does not tick any more"
}

# expect_only_domain GUEST: it runs, and nothing else is left. Xen takes a moment to free a domain.
expect_only_domain() {
    local domains deadline=$((SECONDS + 20))
    while [ $SECONDS -lt $deadline ]; do
        domains=$(dom0 "xl list" | awk 'NR > 1 && $2 > 0 { state = $5; gsub(/[-rb]/, "", state); print $1 state }')
        [ "$domains" != "$1" ] || return 0
        sleep 0.2
    done
    dom0 "xl list"
    flunk "expected ${1:-no domain} to run and nothing else to be there"
}

expect_log_dirty_off() {
    ! dom0 "xl dmesg -c >/dev/null; xl debug-keys q; sleep 1; xl dmesg" | grep 'paging assistance:.*log_dirty' ||
        flunk "log-dirty mode is still on"
}

expect_no_mismatch() {
    ! grep -iE 'mismatch|differ' "$migration_log" || flunk "Xen's verification found different pages"
}

# longest_gap GUEST FIRST [LAST]: the seconds for which the guest's clock went on without a tick, between these ticks.
longest_gap() {
    console "$1" | tr -d '\r' | awk -v first="$2" -v last="${3:-}" '
        $1 == "tick" && NF == 3 && $2 >= first && (last == "" || $2 <= last + 0) { print $2, $3 }' | sort -n | awk '
        NR > 1 && $2 - before > longest { longest = $2 - before }
        { before = $2 }
        END { printf "%.2f", longest }'
}

# expect_migration GUEST [OPTION...]: migrates it and expects everything to be well.
expect_migration() {
    local guest=$1 tick saved
    tick=$(last_tick "$guest")
    migrate "$@" || flunk "the migration failed"
    grep -q '^Migration successful' "$migration_log" || flunk "xl does not say that the migration succeeded"
    expect_no_mismatch
    expect_only_domain "$guest"
    expect_ticking "$guest"
    report "pause $(longest_gap "$guest" "$tick") s"
    saved=$(sed -n 's/.*cloudnet.*: saved in/saved in/p' "$migration_log")
    [ -z "$saved" ] || report "$saved"
}

# expect_failed_migration GUEST: after a migration that had to fail, all is as if it had never begun.
expect_failed_migration() {
    ! grep -q '^Migration successful' "$migration_log" || flunk "the migration succeeded and should not have"
    expect_only_domain "$1"
    expect_ticking "$1"
    expect_log_dirty_off
}

# expect_save_and_restore GUEST: through a file on dom0's disk.
expect_save_and_restore() {
    local guest=$1 file=/var/tmp/$1.save tick
    tick=$(last_tick "$guest")
    dom0 "LIBXL_SAVE_HELPER=$source_helper xl save $guest $file" || flunk "xl save failed"
    [ -z "$(dom0 "xl domid $guest 2>/dev/null || true")" ] || flunk "the saved guest is still there"
    report "$(dom0 "stat -c %s $file") bytes"
    dom0 "LIBXL_SAVE_HELPER=$target_helper xl restore $file" || flunk "xl restore failed"
    expect_only_domain "$guest"
    expect_ticking "$guest"
    [ "$(last_tick "$guest")" -gt "$tick" ] || flunk "the guest's clock went back"
    dom0 "rm $file"
}
