#!/bin/bash
# A busy guest moves live from one host to the other by plain xl migrate: 20 Mbit/s, 26 ms there and back.
# shellcheck source=testbed/two-hosts-lib.sh
source "$(dirname "$0")/../two-hosts-lib.sh"

# What the clocks of the hosts may differ by.
clock_seconds=0.5
set_link delay 13ms rate 20mbit
start_guest pvh busy 128 32
tick=$(last_tick pvh)
move pvh || flunk "the migration failed"
expect_moved pvh "$tick"
expect_log_dirty_off
pause=$(move_pause pvh "$tick")
report "pause $pause s for the guest, $(helper_pause) s by the helper"
awk -v guest="$pause" -v helper="$(helper_pause)" -v clocks=$clock_seconds \
    'BEGIN { exit !(helper > 0 && guest + clocks >= helper) }' ||
    flunk "the helper says that it paused the guest for longer than the guest saw"
