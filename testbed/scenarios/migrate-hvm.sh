#!/bin/bash
# A live hvm migration with our helpers; --debug makes Xen compare every page at the end.
# shellcheck source=testbed/scenario-lib.sh
source "$(dirname "$0")/../scenario-lib.sh"

start_guest hvm quiet
expect_migration hvm --debug
expect_log_dirty_off
