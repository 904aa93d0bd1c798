#ifndef GANTRY_CSHIMS_H
#define GANTRY_CSHIMS_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78) of `length` bytes, continued from `crc`.
/// Pass 0 to start. Uses the processor's instruction where it has one.
uint32_t gantry_crc32c(uint32_t crc, const void *bytes, size_t length);

/// Lets glibc keep so many freed bytes, and take blocks below a size from what it keeps. Nothing with another library.
void gantry_keep_freed_memory(int kept_bytes, int own_block_bytes);

#endif
