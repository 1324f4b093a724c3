// The kernels that a program brings along.
#pragma once

#include "interpreter/resolver.h"
#include "tensorflow/lite/c/common.h"

// What Register_<OPERATOR>() gives: one of our kernels. TFLite Micro's own structure of callbacks does not exist.
struct TFLMRegistration {
  const arenite::Kernel* kernel;
};
using TfLiteRegistration = TFLMRegistration;

namespace tflite {

class MicroOpResolver {
 public:
  arenite::OpResolver list() const { return arenite::OpResolver(kernels_, count_); }
  unsigned int GetRegistrationLength() const { return count_; }

 protected:
  constexpr explicit MicroOpResolver(const arenite::Kernel* const* kernels, uint16_t count = 0)
      : kernels_(kernels), count_(count) {}
  // Appends to kernels[0, capacity). kTfLiteError, with a reason, when it is there already or there is no room.
  TfLiteStatus append(const arenite::Kernel** kernels, unsigned int capacity, const arenite::Kernel* kernel);

 private:
  const arenite::Kernel* const* kernels_;
  uint16_t count_;
};

}  // namespace tflite
