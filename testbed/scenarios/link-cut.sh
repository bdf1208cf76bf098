#!/bin/bash
# The link between the hosts is cut during a move: for 1 s and for 10 s the move goes on, for ever it fails at both ends.
# shellcheck source=testbed/two-hosts-lib.sh
source "$(dirname "$0")/../two-hosts-lib.sh"

link="delay 13ms rate 20mbit"
# The move is in its first round then.
bytes_before_cut=3000000
# ssh gives up a silent link after 30 to 40 s. Without these options it waits for TCP, which takes a quarter of an hour.
ssh_command+=" -o ServerAliveInterval=10 -o ServerAliveCountMax=3"

# cut_link: waits until the move has sent enough, then nothing passes any more.
cut_link() {
    local sent_before=$1
    until [ "$(sent_byte_count)" -ge $((sent_before + bytes_before_cut)) ]; do
        kill -0 $move_process_id 2>/dev/null || flunk "the move ended before the link was cut"
        sleep 0.2
    done
    set_link "$link" loss 100%
}

# begin_move: in the background; sets move_process_id.
begin_move() {
    tick=$(last_tick pvh)
    move pvh &
    move_process_id=$!
}

set_link "$link"
start_guest pvh busy 128 16
for seconds in 1 10; do
    sent=$(sent_byte_count)
    begin_move
    cut_link "$sent"
    sleep $seconds
    set_link "$link"
    wait $move_process_id || flunk "the move did not survive a cut of $seconds s"
    expect_moved pvh "$tick"
    report "cut for $seconds s: moved"
done

sent=$(sent_byte_count)
begin_move
cut_link "$sent"
! wait $move_process_id || flunk "xl reports no error"
expect_failed_migration pvh
report "cut for ever: $(sed -n 's/.*cloudnet-save: error: //p' "$migration_log")"
current_host=$((3 - current_host))
expect_only_domain ""
set_link "$link"
