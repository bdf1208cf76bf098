#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "CXenShim.h"

static int map_twice(unsigned char *start, size_t size, int fd)
{
    for (int half = 0; half < 2; half++)
        if (mmap(start + half * size, size, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
            return -1;
    return 0;
}

void *xenshim_map_ring(size_t size)
{
    int fd = memfd_create("cloudnet-ring", MFD_CLOEXEC);
    void *start = MAP_FAILED;

    if (fd < 0)
        return NULL;
    if (ftruncate(fd, size) == 0)
        start = mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
                     -1, 0);
    if (start != MAP_FAILED && map_twice(start, size, fd) < 0) {
        munmap(start, 2 * size);
        start = MAP_FAILED;
    }
    close(fd);
    return start == MAP_FAILED ? NULL : start;
}

void xenshim_unmap_ring(void *start, size_t size)
{
    munmap(start, 2 * size);
}
