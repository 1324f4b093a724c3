#include "kernels_cpp/microkernels/portable.h"
#include "kernels_cpp/microkernels/scaling.h"

namespace arenite::portable {
namespace {

// steps_of: from a doubled product.
template <typename Function>
void run_loop(const ProductS8& job, Function steps_of) {
  const int32_t low = job.min - job.zero_point, high = job.max - job.zero_point, zero_point = job.zero_point;
  const int32_t a_offset = job.a_offset, b_offset = job.b_offset, step = job.b_step;
  const int8_t* a = job.a;
  const int8_t* b = job.b;
  int8_t* out = job.out;
  for (int8_t* const end = out + job.count; out != end; ++out, b += step) {
    const int32_t doubled = 2 * (*a++ + a_offset) * (*b + b_offset);
    *out = static_cast<int8_t>(zero_point + clamp(steps_of(doubled), low, high));
  }
}

}  // namespace

void product_s8(const ProductS8& job) {
  const Multiplier m = job.multiplier;
  if (m.shift < 0) {
    run_loop(job, Scaling(m));
  } else {
    run_loop(job, [m](int32_t doubled) {
      const int64_t product = static_cast<int64_t>(doubled * (1 << m.shift)) * m.multiplier;
      return static_cast<int32_t>((product + (int64_t{1} << 31)) >> 32);
    });
  }
}

}  // namespace arenite::portable
