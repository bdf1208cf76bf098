/* The compiler's intrinsics for SSE2, which every x86-64 processor has. */
#include <emmintrin.h>
