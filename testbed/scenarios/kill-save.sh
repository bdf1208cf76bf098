#!/bin/bash
# The save helper dies in the middle: the guest runs on, and can be migrated again.
# shellcheck source=testbed/scenario-lib.sh
source "$(dirname "$0")/../scenario-lib.sh"

start_guest pvh quiet 128
! interrupt_migration 0 KILL save pvh || flunk "xl reports no error"
! grep -q '^Migration successful' "$migration_log" || flunk "the migration succeeded"
expect_only_domain pvh
expect_ticking pvh
expect_migration pvh
expect_log_dirty_off
