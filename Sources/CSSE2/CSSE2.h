/* The compiler's intrinsics for SSE2, which every x86-64 processor has. */
#include <emmintrin.h>

/* _mm_prefetch() is a macro, which Swift does not see. */
static inline __attribute__((always_inline)) void prefetch(const void *address)
{
    _mm_prefetch(address, _MM_HINT_T0);
}
