#!/bin/bash
# SIGTERM to the save helper, as libxl sends it: in the first round, in the second, and in a later one.
# shellcheck source=testbed/scenario-lib.sh
source "$(dirname "$0")/../scenario-lib.sh"

start_guest pvh busy 128 32
# A round may be shorter than a signal takes to come: then it hits a later one, but not the end.
source_environment=CLOUDNET_MIN_ROUNDS=1000
for round in 0 1 2; do
    echo "cancelling in round $round"
    ! interrupt_migration $round TERM save pvh || flunk "xl reports no error for round $round"
    expect_failed_migration pvh
done
source_environment=
expect_migration pvh
