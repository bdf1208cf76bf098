#!/bin/bash
# The save helper dies in the middle: the guest runs on, and can be migrated again.
# shellcheck source=testbed/scenario-lib.sh
source "$(dirname "$0")/../scenario-lib.sh"

start_guest pvh quiet 128
! interrupt_migration 0 KILL save pvh || flunk "xl reports no error"
expect_failed_migration pvh
expect_migration pvh
