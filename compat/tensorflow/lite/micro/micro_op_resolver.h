// The operators that a program brings along.
#pragma once

#include "interpreter/resolver.h"
#include "tensorflow/lite/micro/micro_common.h"

namespace tflite {
class MicroInterpreter;
}

namespace arenite::tflm {

// What an interpreter asks of operators with callbacks, in this order.
enum class Stage : uint8_t { kPrepare, kReady, kReset, kFree };
using CustomHook = TfLiteStatus (*)(tflite::MicroInterpreter& interpreter, Stage stage);

class CustomOps;

}  // namespace arenite::tflm

namespace tflite {

class MicroOpResolver {
 public:
  // Those that are kernels.
  arenite::OpResolver list() const { return arenite::OpResolver(kernels_, count_); }
  unsigned int GetRegistrationLength() const { return static_cast<unsigned int>(count_) + custom_count_; }

 protected:
  constexpr explicit MicroOpResolver(const arenite::Kernel* const* kernels, uint16_t count = 0)
      : kernels_(kernels), count_(count) {}
  // Appends to kernels[0, capacity). kTfLiteError, with a reason, when it is there already or there is no room.
  TfLiteStatus append(const arenite::Kernel** kernels, unsigned int capacity, const arenite::Kernel* kernel);
  // The same for a registration with callbacks, of which copies[0, capacity) keeps a copy. Those stand at the end of
  // `kernels`, the first one last.
  TfLiteStatus append_custom(const arenite::Kernel** kernels, unsigned int capacity, TFLMRegistration* copies,
                             const char* name, const TFLMRegistration& registration);

 private:
  friend class arenite::tflm::CustomOps;
  friend class MicroInterpreter;
  const TFLMRegistration* custom(uint16_t i) const;

  const arenite::Kernel* const* kernels_;
  arenite::tflm::CustomHook hook_ = nullptr;  // linked with programs that add operators with callbacks
  uint16_t count_;
  uint16_t custom_count_ = 0;
  uint16_t capacity_ = 0;
};

}  // namespace tflite
