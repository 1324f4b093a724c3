// printf's formats without the C library: 2 KB on Cortex-M4, no heap.
#pragma once

#include <stdarg.h>

namespace arenite::tflm {

using Put = void (*)(char c, void* context);

// Gives the text to `put`, character by character. What it can: tensorflow/lite/micro/micro_log.h. An unknown
// conversion is written as it stands.
void format(Put put, void* context, const char* format, va_list arguments);

}  // namespace arenite::tflm
