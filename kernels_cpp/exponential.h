// Fixed-point exp and 1 / (1 + x) of gemmlowp, bit for bit: what softmax, logistic and tanh of TFLite are made of.
// Qm.n below has m integer and n fraction bits; m + n == 31.
#pragma once

#include <cstdint>

namespace arenite {

// exp(a): a Q5.26 or Q4.27 (`integer_bits` 5 or 4), a <= 0. Result Q0.31, 1 as INT32_MAX.
int32_t exp_on_negative_values(int32_t a, int32_t integer_bits);

// 1 / (1 + a): a Q0.31 in [0, 1). Result Q0.31.
int32_t one_over_one_plus_x(int32_t a);

// (1 - a) / (1 + a): a Q0.31 in [0, 1). Result Q0.31.
int32_t one_minus_x_over_one_plus_x(int32_t a);

// 1 / x for x > 0 given as Q12.19: result Q0.31 times 2^-*bits_over_unit.
int32_t reciprocal(uint32_t x, int32_t* bits_over_unit);

}  // namespace arenite
