#!/bin/bash
# The connection ends in the middle of the stream.
# shellcheck source=testbed/scenario-lib.sh
source "$(dirname "$0")/../scenario-lib.sh"

start_guest pvh quiet 128
for bytes in 5000 1000000 6000000; do
    echo "cutting after $bytes bytes"
    stream_filter="head -c $bytes"
    ! migrate pvh || flunk "xl reports no error for a stream of $bytes bytes"
    expect_failed_migration pvh
done
stream_filter=
expect_migration pvh
