#!/bin/bash
# Twenty migrations in a row: nothing wears out, nothing is left behind.
# shellcheck source=testbed/scenario-lib.sh
source "$(dirname "$0")/../scenario-lib.sh"

start_guest pvh quiet 96
for ((number = 1; number <= 20; number++)); do
    echo "migration $number"
    migrate pvh || flunk "migration $number failed"
    expect_only_domain pvh
done
expect_ticking pvh
expect_log_dirty_off
