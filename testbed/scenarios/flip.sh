#!/bin/bash
# One bit changes on the way: always an error, never a guest with a changed memory.
# shellcheck source=testbed/scenario-lib.sh
source "$(dirname "$0")/../scenario-lib.sh"

start_guest pvh quiet 128
for offset in 5000 300001 2000003 7000005; do
    echo "flipping a bit of byte $offset"
    stream_filter="flip-bit $offset"
    ! migrate pvh || flunk "nobody noticed a bit flipped in byte $offset"
    expect_failed_migration pvh
done
