#!/bin/bash
# A live pvh migration with our helpers; --debug makes Xen compare every page at the end.
# shellcheck source=testbed/scenario-lib.sh
source "$(dirname "$0")/../scenario-lib.sh"

start_guest pvh busy
expect_migration pvh --debug
expect_log_dirty_off
