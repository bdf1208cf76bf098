#!/bin/bash
# So few bytes that they cannot be enough: the save gives up, as xenstore says. A wrong setting: nothing starts. Then a migration with a report.
# shellcheck source=testbed/scenario-lib.sh
source "$(dirname "$0")/../scenario-lib.sh"

report_file=/run/cloudnet-report.jsonl

start_guest pvh busy 128 32

settings=/local/domain/$(domain_id pvh)/cloudnet
dom0 "xenstore-write $settings/max-bytes 1M $settings/when-unmet abort"
! migrate pvh || flunk "a megabyte was enough"
grep -q 'gave up in round 0: max-bytes' "$migration_log" || flunk "the log does not say that the save gave up"
expect_failed_migration pvh

dom0 "xenstore-write $settings/max-pause soon"
! migrate pvh || flunk "a wrong setting was accepted"
grep -q 'max-pause.*soon' "$migration_log" || flunk "the log does not name the wrong setting"
expect_failed_migration pvh

dom0 "xenstore-rm $settings"
source_environment=CLOUDNET_REPORT=$report_file
expect_migration pvh --debug
expect_log_dirty_off
grep -q 'cloudnet: [0-9]* rounds' "$migration_log" || flunk "there is no summary"
dom0 "/opt/cloudnet/cloudnet report $report_file -o /run/report.html" || flunk "the report cannot be drawn"
report "$(dom0 "tail -n 1 $report_file")"
