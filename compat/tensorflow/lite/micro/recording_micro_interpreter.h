#pragma once

#include "tensorflow/lite/micro/micro_interpreter.h"

namespace tflite {

class RecordingMicroInterpreter : public MicroInterpreter {
 public:
  using MicroInterpreter::MicroInterpreter;
  const MicroAllocator& GetMicroAllocator() const { return allocator(); }
};

}  // namespace tflite
