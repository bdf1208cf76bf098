#define __XEN_TOOLS__ 1
#include <xenctrl.h>
#include <xenguest.h>

#include <sys/uio.h>

/* Of libxenctrl, for libxenguest; Xen's installed headers leave them out. */
int read_exact(int fd, void *data, size_t size);
int write_exact(int fd, const void *data, size_t size);
int writev_exact(int fd, const struct iovec *pieces, int count);
