// Four elements at a time: SXTAB16 widens two of them and adds their offset, SMULBB and SMULTT multiply.
#include "kernels_cpp/microkernels/dsp.h"
#include "kernels_cpp/microkernels/limits_dsp.h"
#include "kernels_cpp/microkernels/product_loops.h"

namespace arenite::dsp {
namespace {

constexpr int32_t kBytes = 4;

inline Pair doubled(Pair x) {
  asm("sadd16 %0, %0, %0" : "+r"(x));
  return x;
}

inline int32_t multiply_low(Pair a, Pair b) {
  int32_t product;
  asm("smulbb %0, %1, %2" : "=r"(product) : "r"(a), "r"(b));
  return product;
}

inline int32_t multiply_high(Pair a, Pair b) {
  int32_t product;
  asm("smultt %0, %1, %2" : "=r"(product) : "r"(a), "r"(b));
  return product;
}

// From a doubled product to a code. kLeft: the factor is 1/2 or more, and rounds once.
template <bool kLeft>
struct Requantization {
  int32_t multiplier;
  int32_t shift;  // to the left or to the right
  int32_t zero_point;

  explicit Requantization(const ProductS8& job)
      : multiplier(job.multiplier.multiplier),
        shift(kLeft ? job.multiplier.shift : -job.multiplier.shift),
        zero_point(job.zero_point) {}
  int8_t operator()(int32_t doubled) const {
    if (!kLeft) return static_cast<int8_t>(requantize_doubled(doubled, multiplier, shift, zero_point));
    asm("lsl %0, %0, %2\n\t"
        "smmlar %0, %0, %1, %3\n\t"
        "ssat %0, #8, %0"
        : "+r"(doubled)
        : "r"(multiplier), "r"(shift), "r"(zero_point));
    return static_cast<int8_t>(doubled);
  }
};

// The job is a copy, because for all a compiler knows `out` could point into it.
template <bool kRepeated, bool kLeft>
struct Loop {
  static void run(const ProductS8 job) {
    const Pair a_offset = both(job.a_offset), b_offset = both(job.b_offset);
    const Pair repeated = doubled(both(*job.b + job.b_offset));
    const Requantization<kLeft> code(job);
    const int8_t* a = job.a;
    const int8_t* b = job.b;
    int8_t* out = job.out;
    for (int8_t* const end = out + (job.count & ~(kBytes - 1)); out != end; a += kBytes, b += kBytes, out += kBytes) {
      const uint32_t word = kRepeated ? 0 : load_word(b);
      const Pair b_even = kRepeated ? repeated : doubled(add_even_bytes(b_offset, word));
      const Pair b_odd = kRepeated ? repeated : doubled(add_odd_bytes(b_offset, word));
      const Pair a_even = add_even_bytes(a_offset, load_word(a)), a_odd = add_odd_bytes(a_offset, load_word(a));
      out[0] = code(multiply_low(a_even, b_even));
      out[1] = code(multiply_low(a_odd, b_odd));
      out[2] = code(multiply_high(a_even, b_even));
      out[3] = code(multiply_high(a_odd, b_odd));
    }
    for (int8_t* const end = job.out + job.count; out != end; ++b) {
      const int32_t factor = kRepeated ? *job.b : *b;
      *out++ = code(2 * (*a++ + job.a_offset) * (factor + job.b_offset));
    }
  }
};

}  // namespace

void product_s8(const ProductS8& job) {
  run_by_kind<Loop>(job);
  limit(job.out, job.count, job.min, job.max);
}

}  // namespace arenite::dsp
