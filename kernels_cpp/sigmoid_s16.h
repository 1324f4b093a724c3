// Sigmoid and tanh of TFLite's int16 operators, bit for bit: a table of 256 entries, linear in between.
#pragma once

#include <cstdint>

namespace arenite {

// x in units of 2^-12 / 3 (three times a Q.12 number); the result is Q0.15. From 10.6 on sigmoid, from 5.3 on tanh,
// both have reached their limits.
int16_t sigmoid_s16(int32_t x);
int16_t tanh_s16(int32_t x);

// From int16 codes to that unit, as TFLite's LOGISTIC and TANH round. Scales up to 16/3.
class SigmoidInputS16 {
 public:
  // coarse: a scale of 2^-11 counts as a power of two as well as one of 2^-12.
  SigmoidInputS16(float scale, bool coarse);
  static bool takes(float scale);
  int32_t operator()(int32_t q) const { return (q * multiplier_ + half_) >> shift_; }

 private:
  int32_t multiplier_;
  int32_t shift_ = 0;
  int32_t half_ = 0;
};

}  // namespace arenite
