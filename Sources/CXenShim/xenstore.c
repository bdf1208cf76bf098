#include <errno.h>
#include <stdlib.h>

#include <xenstore.h>

#include "CXenShim.h"

char *xenshim_read_xenstore(const char *path)
{
    /* A connection of its own each time: any thread may ask. */
    struct xs_handle *store = xs_open(0);
    unsigned int length;
    char *content;
    int saved_errno;

    if (!store)
        return NULL;
    /* xenstore ends what it gives with a NUL. */
    content = xs_read(store, XBT_NULL, path, &length);
    saved_errno = errno;
    xs_close(store);
    errno = saved_errno;
    return content;
}
