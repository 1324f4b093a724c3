// The profiler's clock. A program defines the first two itself; otherwise they are clock() on a host, and 0 on a board.
#pragma once

#include <stdint.h>

namespace tflite {

uint32_t ticks_per_second();
uint32_t GetCurrentTimeTicks();

inline uint32_t TicksToMs(int32_t ticks) {
  const uint32_t rate = ticks_per_second();
  return rate == 0 ? 0 : static_cast<uint32_t>(static_cast<uint64_t>(ticks) * 1000 / rate);
}

}  // namespace tflite
