#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "CXenGuest.h"

/*
 * In C, and in a module of their own, so that the simulation calls them as
 * libxenguest does: through the dynamic linker, by their versioned names.
 */

int read_exact(int fd, void *data, size_t size)
{
    while (size > 0) {
        ssize_t count = read(fd, data, size);

        if (count < 0 && errno == EINTR)
            continue;
        if (count == 0)
            errno = 0;
        if (count <= 0)
            return -1;
        data = (char *)data + count;
        size -= count;
    }
    return 0;
}

int write_exact(int fd, const void *data, size_t size)
{
    struct iovec piece = { .iov_base = (void *)data, .iov_len = size };

    return writev_exact(fd, &piece, 1);
}

int writev_exact(int fd, const struct iovec *pieces, int count)
{
    size_t byte_count = count * sizeof(*pieces);
    struct iovec *copy = malloc(byte_count);
    struct iovec *rest = copy, *end = copy + count;
    int result = 0;

    if (!copy)
        return -1;
    memcpy(copy, pieces, byte_count);
    while (rest < end && result == 0) {
        ssize_t written =
            writev(fd, rest, end - rest < IOV_MAX ? end - rest : IOV_MAX);

        if (written < 0 && errno != EINTR)
            result = -1;
        for (; written >= 0 && rest < end && (size_t)written >= rest->iov_len;
             rest++)
            written -= rest->iov_len;
        if (written > 0) {
            rest->iov_base = (char *)rest->iov_base + written;
            rest->iov_len -= written;
        }
    }
    free(copy);
    return result;
}
