#!/bin/bash
# Two guests of one application pause together: also if the coordinator dies. If the save of one dies, both stay.
# shellcheck source=testbed/scenario-lib.sh
source "$(dirname "$0")/../scenario-lib.sh"

# Two saves, two restores and the coordinator share the one emulated processor of dom0; alone, the small guest would
# pause many seconds before the large one.
skew_seconds_max=3
hold_seconds_max=300
coordinator_log=/run/coordinator.log

start_coordinator() {
    dom0 "setsid /opt/cloudnet/cloudnet-coordinator </dev/null >>$coordinator_log 2>&1 & echo \$! >/run/coordinator.pid"
    dom0 "for try in \$(seq 100); do /opt/cloudnet/cloudnet groups >/dev/null 2>&1 && exit 0; sleep 0.2; done; exit 1" ||
        flunk "the coordinator does not answer"
}

# expect_group STATE: so the coordinator says of the newest group.
expect_group() {
    dom0 "for try in \$(seq 20); do
        /opt/cloudnet/cloudnet groups show shop --json | grep -q '\"start-time\":[0-9.]*,\"state\":\"$1\"' && exit 0
        sleep 0.5
    done
    exit 1" || flunk "the coordinator does not say that the group is $1"
}

# configure MEMBERS [LINE]: so many belong to the application; a line more for db.
configure() {
    dom0 "cat >/etc/xen/cloudnet.conf" <<TEXT
application-members = $1
coordinator-deadline = "5m"

[domain.web]
application = "shop"
report = "/run/web.jsonl"

[domain.db]
application = "shop"
report = "/run/db.jsonl"
${2:-}
TEXT
}

# begin_migrations [OPTION...]: of both guests at once, as an operator starts them.
begin_migrations() {
    local guest
    for guest in web db; do
        first_tick[$guest]=$(last_tick $guest)
        domain[$guest]=$(domain_id $guest)
        dom0 "rm -f /run/$guest.jsonl"
    done
    clocks=$(clock_difference)
    for guest in web db; do
        dom0 "export LIBXL_SAVE_HELPER=$our_save_helper; xl migrate $* -s '' $guest 'xl migrate-receive'" \
            >"$log_directory/group-$guest.migration" 2>&1 &
        process_id[$guest]=$!
    done
}

# clock_difference: how much later it is by the clock of db than by that of web.
clock_difference() {
    dom0 "tail -q -n 3 $console_directory/guest-web*.log; echo db; tail -q -n 3 $console_directory/guest-db*.log" |
        tr -d '\r' | awk '$1 == "db" { isDB = 1 } $1 == "tick" && NF == 3 && $3 > last[isDB + 0] { last[isDB + 0] = $3 }
            END { print last[1] - last[0] }'
}

# wait_until_held GUEST: its save is ready and waits.
wait_until_held() {
    dom0 "for second in \$(seq $hold_seconds_max); do
        grep -q '\"verdict\":\"hold\"' /run/$1.jsonl 2>/dev/null && exit 0
        sleep 1
    done
    exit 1" || flunk "the save of $1 does not hold"
}

# end_of GUEST FIELD: from the last record of its report.
end_of() { dom0 "tail -n 1 /run/$1.jsonl" | sed -n "s/.*\"$2\":\([0-9.]*\).*/\1/p"; }

# pause_start GUEST: when its save paused it, in seconds since 1970.
pause_start() { awk -v end="$(end_of "$1" time)" -v pause="$(end_of "$1" downtime)" 'BEGIN { printf "%.3f", end - pause / 1000 }'; }

# expect_together: both have moved once, run, and were paused at one time.
expect_together() {
    local guest skew guest_skew
    for guest in web db; do
        wait "${process_id[$guest]}" || flunk "the migration of $guest failed"
        migration_log=$log_directory/group-$guest.migration
        cat "$migration_log"
        grep -q '^Migration successful' "$migration_log" || flunk "xl does not say that $guest has migrated"
        expect_no_mismatch
    done
    expect_only_domain web db
    for guest in web db; do
        expect_ticking $guest
        [ "$(domain_id $guest)" != "${domain[$guest]}" ] || flunk "$guest is the domain that it was"
        [ "$(last_tick $guest)" -gt "${first_tick[$guest]}" ] || flunk "the clock of $guest went back"
    done
    expect_group 'done'
    skew=$(awk -v web="$(pause_start web)" -v db="$(pause_start db)" 'BEGIN { print (db > web) ? db - web : web - db }')
    guest_skew=$({ longest_gap_ends web "${first_tick[web]}"; longest_gap_ends db "${first_tick[db]}"; } |
        awk -v clocks="$clocks" 'NR == 1 { web = $1 } NR == 2 { skew = $1 - clocks - web; print skew < 0 ? -skew : skew }')
    report "paused $skew s apart ($guest_skew s by the guests' clocks); held for" \
        "$(end_of web held-time) and $(end_of db held-time) ms, paused for $(end_of web downtime) and $(end_of db downtime) ms"
    awk -v skew="$skew" -v guests="$guest_skew" -v limit=$skew_seconds_max 'BEGIN { exit skew > limit || guests > limit }' ||
        flunk "the guests were not paused together"
}

# expect_stayed: neither has moved, and all is as if nothing had begun.
expect_stayed() {
    local guest
    for guest in web db; do
        ! wait "${process_id[$guest]}" || flunk "the migration of $guest did not fail"
        cat "$log_directory/group-$guest.migration"
    done
    expect_only_domain web db
    for guest in web db; do
        expect_ticking $guest
        [ "$(domain_id $guest)" = "${domain[$guest]}" ] || flunk "$guest is not the domain that it was"
    done
    expect_log_dirty_off
    expect_group aborted
}

clean_up() {
    dom0 "kill -KILL \$(cat /run/coordinator.pid); rm -f /etc/xen/cloudnet.conf; cat $coordinator_log"
}

declare -A first_tick domain process_id
trap clean_up EXIT
configure 2
start_coordinator
start_guest web:pvh quiet 96
start_guest db:pvh busy 192 32

echo "both move, and Xen compares every page"
begin_migrations --debug
expect_together

echo "the coordinator dies while both wait for each other"
# Otherwise both may be ready, and released, before it is dead.
configure 2 'bandwidth-limit = "1M"'
begin_migrations
wait_until_held web
dom0 "kill -KILL \$(cat /run/coordinator.pid)"
wait_until_held db
expect_ticking web
expect_ticking db
start_coordinator
expect_together
expect_log_dirty_off

echo "the save of db dies while both wait for a third that never comes"
configure 3
begin_migrations
wait_until_held web
wait_until_held db
dom0 "kill -KILL \$(sed -n '1s/.*\"pid\":\([0-9]*\).*/\1/p' /run/db.jsonl)"
expect_stayed
