// What the generated sources of a model's firmware define (converter/arenite/board/firmware.py).
#pragma once

#include <cstdint>

#include "interpreter/resolver.h"

extern "C" const uint8_t arenite_model[];      // 16-byte aligned, in flash
extern "C" const uint8_t arenite_model_end[];  // one past its last byte

namespace firmware {

extern uint8_t arena[];
extern const uint32_t kArenaSize;
extern const arenite::OpResolver kResolver;  // the kernels that the model needs

}  // namespace firmware
