// Every kernel of TFLite Micro's list: some hundreds of kilobytes of flash. MicroMutableOpResolver links what is
// needed.
#pragma once

#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

namespace tflite {

class AllOpsResolver : public MicroOpResolver {
 public:
  AllOpsResolver();
};

}  // namespace tflite
