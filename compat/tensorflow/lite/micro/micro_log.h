// Text for a person. With TF_LITE_STRIP_ERROR_STRINGS nothing is printed and no text is linked.
#pragma once

#include <stdarg.h>
#include <stddef.h>

// Formats as printf does: %d %i %u %x %X %o %c %s %p %f %F %% with flags - 0 + space, width, precision and the lengths
// hh h l ll j z t. No heap, no C library. %e and %g are written as %f.
int MicroVsnprintf(char* buffer, size_t size, const char* format, va_list arguments);
[[gnu::format(printf, 3, 4)]] int MicroSnprintf(char* buffer, size_t size, const char* format, ...);

#ifdef TF_LITE_STRIP_ERROR_STRINGS
template <typename... Arguments>
void MicroPrintf(const char*, const Arguments&...) {}
inline void VMicroPrintf(const char*, va_list) {}
#else
// A line: ends in "\r\n".
[[gnu::format(printf, 1, 2)]] void MicroPrintf(const char* format, ...);
void VMicroPrintf(const char* format, va_list arguments);  // without the line's end
#endif
