#include "formatting.h"
#include "tensorflow/lite/core/api/error_reporter.h"
#include "tensorflow/lite/kernels/internal/compatibility.h"
#include "tensorflow/lite/micro/debug_log.h"
#include "tensorflow/lite/micro/micro_error_reporter.h"

namespace {

struct Buffer {
  char* text;
  size_t size;
  size_t length = 0;  // of the whole text, also of what does not fit

  static void put(char c, void* context) {
    Buffer& buffer = *static_cast<Buffer*>(context);
    if (buffer.length + 1 < buffer.size) buffer.text[buffer.length] = c;
    ++buffer.length;
  }
};

void print_line(const char* format, va_list arguments);

// A va_list can only be made by a function of that kind.
void log(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  DebugLog(format, arguments);
  va_end(arguments);
}

void print_line(const char* format, va_list arguments) {
  DebugLog(format, arguments);
  log("\r\n");
}

}  // namespace

int MicroVsnprintf(char* buffer, size_t size, const char* format, va_list arguments) {
  Buffer out{buffer, size};
  arenite::tflm::format(&Buffer::put, &out, format, arguments);
  if (size != 0) buffer[out.length < size ? out.length : size - 1] = 0;
  return static_cast<int>(out.length);
}

int MicroSnprintf(char* buffer, size_t size, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = MicroVsnprintf(buffer, size, format, arguments);
  va_end(arguments);
  return length;
}

#ifndef TF_LITE_STRIP_ERROR_STRINGS
void VMicroPrintf(const char* format, va_list arguments) { DebugLog(format, arguments); }

void MicroPrintf(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  print_line(format, arguments);
  va_end(arguments);
}
#endif

namespace tflite {

int ErrorReporter::Report(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int result = Report(format, arguments);
  va_end(arguments);
  return result;
}

int MicroErrorReporter::Report(const char* format, va_list arguments) {
  print_line(format, arguments);
  return 0;
}

}  // namespace tflite

namespace arenite::tflm {

void check_failed(const char* expression, const char* file, int line) {
  log("%s:%d: check failed: %s\r\n", file, line, expression);
  __builtin_trap();
}

}  // namespace arenite::tflm
