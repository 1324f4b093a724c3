// Sigmoid and tanh of TFLite's int16 operators, bit for bit: a table of 256 entries, linear in between.
#pragma once

#include <cstdint>

namespace arenite {

// x in units of 2^-12 / 3 (three times a Q.12 number); the result is Q0.15. From 10.6 on sigmoid, from 5.3 on tanh,
// both have reached their limits.
int16_t sigmoid_s16(int32_t x);
int16_t tanh_s16(int32_t x);

}  // namespace arenite
