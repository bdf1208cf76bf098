#!/bin/bash
# A live pv migration with our helpers; --debug makes Xen compare every page at the end.
# shellcheck source=testbed/scenario-lib.sh
source "$(dirname "$0")/../scenario-lib.sh"

start_guest pv quiet
expect_migration pv --debug
expect_log_dirty_off
