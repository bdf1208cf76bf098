# Writes 512 KiB of text that compresses well though no page is like another.
BEGIN {
    for (size = 0; size < 524288; size += length(line) + 1) {
        line = "record " int(rand() * 100000) " name user" int(rand() * 500) " state active"
        print line
    }
}
