// Where text goes. A program may define DebugLog itself. The one that is there otherwise gives the text to the function
// that RegisterDebugLogCallback was told; before that to the standard error stream on a host, and to nobody on a board.
#pragma once

#include <stdarg.h>
#include <stddef.h>

extern "C" {
void DebugLog(const char* format, va_list arguments);
int DebugVsnprintf(char* buffer, size_t size, const char* format, va_list arguments);
}
