// The way in which older programs print; newer ones call MicroPrintf.
#pragma once

#include <stdarg.h>

namespace tflite {

class ErrorReporter {
 public:
  virtual int Report(const char* format, va_list arguments) = 0;
  int Report(const char* format, ...);

 protected:
  ~ErrorReporter() = default;
};

}  // namespace tflite

#ifdef TF_LITE_STRIP_ERROR_STRINGS
#define TF_LITE_REPORT_ERROR(reporter, ...) static_cast<void>(reporter)
#else
#define TF_LITE_REPORT_ERROR(reporter, ...)                               \
  do {                                                                    \
    static_cast<::tflite::ErrorReporter*>(reporter)->Report(__VA_ARGS__); \
  } while (false)
#endif
