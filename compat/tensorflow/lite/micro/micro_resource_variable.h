#pragma once

#include "tensorflow/lite/micro/micro_allocator.h"

namespace tflite {

// Variables lie in the arena and need no table of their own: this only exists because programs make it.
class MicroResourceVariables {
 public:
  static MicroResourceVariables* Create(MicroAllocator* allocator, int num_variables);
};

}  // namespace tflite
