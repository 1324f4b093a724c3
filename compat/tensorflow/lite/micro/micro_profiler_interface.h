#pragma once

#include <stdint.h>

namespace tflite {

// Is told when an operator begins and ends; `tag` is its name, as in the schema, and lives for ever.
class MicroProfilerInterface {
 public:
  virtual uint32_t BeginEvent(const char* tag) = 0;  // a handle for EndEvent
  virtual void EndEvent(uint32_t event_handle) = 0;

 protected:
  ~MicroProfilerInterface() = default;
};

}  // namespace tflite
