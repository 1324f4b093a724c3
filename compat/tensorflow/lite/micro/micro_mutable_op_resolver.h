#pragma once

#include "tensorflow/lite/core/api/error_reporter.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"
#include "tensorflow/lite/micro/micro_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace tflite {

// Room for `capacity` kernels. Only those that are added are linked.
template <unsigned int capacity>
class MicroMutableOpResolver : public MicroOpResolver {
 public:
  constexpr explicit MicroMutableOpResolver(ErrorReporter* = nullptr) : MicroOpResolver(own_) {}
  // Refers to itself.
  MicroMutableOpResolver(const MicroMutableOpResolver&) = delete;
  MicroMutableOpResolver& operator=(const MicroMutableOpResolver&) = delete;

  // TfLiteStatus AddConv2D(), AddSoftmax() …: kTfLiteError when it is there already or there is no room. An operator
  // that no model uses costs flash and a word of RAM.
#define ARENITE_TFLM_OPERATOR(method, registration, row)                                 \
  TfLiteStatus Add##method(const TFLMRegistration& chosen = Register_##registration()) { \
    return AddKernel(chosen.kernel);                                                     \
  }
#include "operators.def"
#undef ARENITE_TFLM_OPERATOR

  // A kernel that TFLite Micro has no name for, or one of your own (custom_kernel in interpreter/kernel.h).
  TfLiteStatus AddKernel(const arenite::Kernel& kernel) { return AddKernel(&kernel); }

  // An operator with callbacks of your own, by its name in the file. The registration is copied, the name is not.
  TfLiteStatus AddCustom(const char* name, const TFLMRegistration* registration) {
    static TFLMRegistration copies[capacity == 0 ? 1 : capacity];  // only in programs that come here
    return append_custom(own_, capacity, copies, name, *registration);
  }

 private:
  TfLiteStatus AddKernel(const arenite::Kernel* kernel) { return append(own_, capacity, kernel); }

  const arenite::Kernel* own_[capacity == 0 ? 1 : capacity] = {};
};

}  // namespace tflite
