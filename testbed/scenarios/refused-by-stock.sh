#!/bin/bash
# Xen's own restore helper refuses our extended stream at once, and the guest runs on where it is.
# shellcheck source=testbed/scenario-lib.sh
source "$(dirname "$0")/../scenario-lib.sh"

refusal_seconds_max=20
target_helper=$stock_helper
start_guest pvh quiet 128
SECONDS=0
! migrate pvh || flunk "xl reports no error"
[ $SECONDS -le $refusal_seconds_max ] || flunk "the refusal took $SECONDS s"
grep -q 'Invalid ID' "$migration_log" || flunk "Xen's restore helper did not name an invalid ID"
expect_failed_migration pvh
