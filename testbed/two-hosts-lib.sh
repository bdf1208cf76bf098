# What scenarios with two hosts are made of: a link with a speed and a delay, and guests that move over it by ssh.
# shellcheck shell=bash disable=SC2034 # scenarios use the variables
# shellcheck source=testbed/scenario-lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/scenario-lib.sh"

# As README.md has it: one variable names the helper at both ends.
source_environment=LIBXL_SAVE_HELPER=$our_save_helper
ssh_command="ssh -o SendEnv=LIBXL_SAVE_HELPER"

# set_link NETEM_WORD...: how either host sends to the other; see tc-netem(8).
set_link() { on_each_host "tc qdisc replace dev link0 root netem $*"; }

# While a guest moves, its clock goes on by the clocks of both hosts: they must agree.
set_clocks() {
    local number
    for number in 1 2; do
        on_host $number "date -s @$(date +%s.%N) >/dev/null"
    done
}

# sent_byte_count: what the current host has put on the link since it booted, with all headers.
sent_byte_count() { dom0 "cat /sys/class/net/link0/statistics/tx_bytes"; }

# move GUEST [OPTION...]: to the other host; the exit code is xl's.
move() {
    local guest=$1 status=0
    shift
    set_clocks
    dom0 "env $source_environment xl migrate $* -s '$ssh_command' $guest xen$((3 - current_host))" >"$migration_log" 2>&1 || status=$?
    cat "$migration_log"
    return $status
}

# expect_moved GUEST TICK: it runs at the other host since that tick, and nothing is left at this one.
expect_moved() {
    grep -q '^Migration successful' "$migration_log" || flunk "xl does not say that the migration succeeded"
    expect_only_domain ""
    current_host=$((3 - current_host))
    expect_only_domain "$1"
    expect_ticking "$1"
    [ "$(last_tick "$1")" -gt "$2" ] || flunk "the guest's clock went back"
}

# move_pause GUEST TICK: the seconds for which the guest that has just moved stood still; that tick was before the move.
# The console of the target also shows some ticks from before the pause.
move_pause() {
    local last
    last=$(on_host $((3 - current_host)) "tail -q -n 200 $console_directory/guest-$1*.log" | tr -d '\r' |
        awk '$1 == "tick" && $2 > last { last = $2 } END { print last + 0 }')
    [ "$last" -ge "$2" ] || last=$2
    longest_gap "$1" $((last - 2)) $((last + 20))
}

# helper_pause: the seconds for which our save helper says that it paused the guest.
helper_pause() { sed -n 's/.*cloudnet.*; paused \([0-9]*\) ms.*/\1/p' "$migration_log" | awk '{ printf "%.2f", $1 / 1000 }'; }
