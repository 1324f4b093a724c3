// SignalFilterBankSquareRoot: rounded square roots, shifted right by what the spectrum was scaled with.
#include "kernels_cpp/bits.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

// The square root of x rounded to the nearest, at most `limit`; one bit of the result at a time.
template <typename T>
uint32_t square_root(T x, T limit) {
  if (x == 0) return 0;
  T root = 0;
  for (T bit = T{1} << ((bit_length(x) - 1) & ~1); bit != 0; bit >>= 2) {
    const T trial = root + bit;
    root >>= 1;
    if (x < trial) continue;
    x -= trial;
    root += bit;
  }
  return static_cast<uint32_t>(x > root && root != limit ? root + 1 : root);
}

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0), output = node.output(0);
  ARENITE_CHECK(input.rank == 1 && node.input(1).rank == 0 && output.rank == 1, kBadShape);
  ARENITE_CHECK(output.dim(0) == input.dim(0), kBadShape);
  return Status::kOk;
}

// Numbers below 2^32 have roots of at most 2^16 - 1, although 2^16 is nearer to the largest: TFLite Micro's rule.
uint32_t rounded_root(uint64_t x) {
  const uint32_t lower = static_cast<uint32_t>(x);
  return x == lower ? square_root<uint32_t>(lower, 0xFFFF) : square_root<uint64_t>(x, 0xFFFFFFFF);
}

Status eval(const Node& node) {
  const uint64_t* input = node.input(0).as<uint64_t>();
  uint32_t* output = node.output(0).as<uint32_t>();
  const int32_t count = node.output(0).count(), shift = *node.input(1).as<int32_t>();
  ARENITE_CHECK(shift >= 0 && shift < 32, kBadValue);
  for (int32_t i = 0; i < count; ++i) output[i] = rounded_root(input[i]) >> shift;
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(signal_filter_bank_square_root);
