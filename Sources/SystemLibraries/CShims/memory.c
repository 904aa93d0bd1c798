#include "CShims.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

void gantry_keep_freed_memory(int kept_bytes, int own_block_bytes) {
#if defined(M_TRIM_THRESHOLD) && defined(M_MMAP_THRESHOLD)
  mallopt(M_TRIM_THRESHOLD, kept_bytes);
  mallopt(M_MMAP_THRESHOLD, own_block_bytes);
#endif
}
