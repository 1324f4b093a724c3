#include "tensorflow/lite/micro/micro_log.h"
#include "tensorflow/lite/micro/micro_op_resolver.h"

namespace tflite {

TfLiteStatus MicroOpResolver::append(const arenite::Kernel** kernels, unsigned int capacity,
                                     const arenite::Kernel* kernel) {
  if (kernel == nullptr) {
    MicroPrintf("Arenite: a registration with callbacks is for AddCustom alone");
    return kTfLiteError;
  }
  for (uint16_t i = 0; i < count_; ++i) {
    if (kernels[i] != kernel) continue;
    MicroPrintf("Arenite: operator #%d is added twice", kernel->code);
    return kTfLiteError;
  }
  if (GetRegistrationLength() >= capacity) {
    MicroPrintf("Arenite: no room for operator #%d: MicroMutableOpResolver<%u> is too small", kernel->code, capacity);
    return kTfLiteError;
  }
  kernels[count_++] = kernel;
  return kTfLiteOk;
}

}  // namespace tflite
