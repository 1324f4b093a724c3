// One element after the other, with the two instructions that a compiler does not find: SMMLAR for the first rounding
// of a Scaling, SSAT for the clamp. A narrower clamp comes in a pass of its own.
#include "kernels_cpp/microkernels/dsp.h"
#include "kernels_cpp/microkernels/limits_dsp.h"

namespace arenite::dsp {
namespace {

inline int32_t scale(const Scaling& s, int32_t doubled) {
  int32_t high;  // (doubled * multiplier + half * 2^32 + 2^31) / 2^32
  asm("smmlar %0, %1, %2, %3" : "=r"(high) : "r"(doubled), "r"(s.multiplier), "r"(s.half));
  return (high + (doubled >> 31)) >> s.exponent;
}

inline int8_t saturate(int32_t x) {
  asm("ssat %0, #8, %0" : "+r"(x));
  return static_cast<int8_t>(x);
}

// The sum is a copy, because for all a compiler knows `out` could point into it.
template <bool kScaled>
void run_loop(const SumS8 sum) {
  const int8_t* wide = sum.wide;
  const int8_t* other = sum.other;
  int8_t* const end = sum.out + sum.count;
  for (int8_t* out = sum.out; out != end; ++out, wide += sum.wide_step, other += sum.other_step) {
    int32_t term = *other * (kScaled ? 1 << 21 : sum.other_factor) - sum.other_offset;
    if (kScaled) term = sum.sign_of_two * scale(sum.other_scaling, term);
    *out = saturate(sum.zero_point + scale(sum.total, *wide * sum.wide_factor - sum.wide_offset + term));
  }
}

}  // namespace

void sum_s8(const SumS8& sum) {
  if (sum.scaled) {
    run_loop<true>(sum);
  } else {
    run_loop<false>(sum);
  }
  limit(sum.out, sum.count, sum.min, sum.max);
}

}  // namespace arenite::dsp
