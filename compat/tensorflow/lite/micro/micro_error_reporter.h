#pragma once

#include "tensorflow/lite/core/api/error_reporter.h"
#include "tensorflow/lite/micro/micro_log.h"

namespace tflite {

// Prints as MicroPrintf does.
class MicroErrorReporter : public ErrorReporter {
 public:
  int Report(const char* format, va_list arguments) override;
  using ErrorReporter::Report;
};

}  // namespace tflite
