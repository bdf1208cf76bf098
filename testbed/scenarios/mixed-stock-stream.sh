#!/bin/bash
# With CLOUDNET_STREAM=stock, Xen's own restore helper and its stream checker take what ours sends.
# shellcheck source=testbed/scenario-lib.sh
source "$(dirname "$0")/../scenario-lib.sh"

source_environment=CLOUDNET_STREAM=stock
target_helper=$stock_helper
stream_filter="tee /share/migration.xl"
start_guest pvh busy 128 32
expect_migration pvh
trap 'rm -f "$share_directory"/*.xl' EXIT
"$source_directory/verify-stream" xl "$share_directory/migration.xl" ||
    flunk "verify-stream-v2 refuses the live stream"
# Not straight to the share: 9p cannot send pages that are mapped from a guest.
dom0 "env $source_environment LIBXL_SAVE_HELPER=$source_helper xl save pvh /var/tmp/save.xl &&
    mv /var/tmp/save.xl /share/" || flunk "xl save failed"
"$source_directory/verify-stream" xl "$share_directory/save.xl" ||
    flunk "verify-stream-v2 refuses the saved file"
