// What makes an operator: callbacks of the program's, or one of our kernels.
#pragma once

#include "interpreter/kernel.h"
#include "tensorflow/lite/c/common.h"

// AddCustom takes one with callbacks; `init`, `free` and `reset` may be null. Register_<OPERATOR>() gives one with
// `kernel`.
struct TFLMRegistration {
  void* (*init)(TfLiteContext* context, const char* buffer, size_t length);
  void (*free)(TfLiteContext* context, void* buffer);
  TfLiteStatus (*prepare)(TfLiteContext* context, TfLiteNode* node);
  TfLiteStatus (*invoke)(TfLiteContext* context, TfLiteNode* node);
  void (*reset)(TfLiteContext* context, void* buffer);
  int32_t builtin_code;
  const char* custom_name;
  const arenite::Kernel* kernel = nullptr;
};
using TfLiteRegistration = TFLMRegistration;

namespace tflite {

// What Invoke answers when an operator, such as CIRCULAR_BUFFER, waits for more input: those behind it have not run.
constexpr TfLiteStatus kTfLiteAbort = static_cast<TfLiteStatus>(15);

}  // namespace tflite
