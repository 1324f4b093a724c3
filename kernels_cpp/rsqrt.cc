// RSQRT: 1 / sqrt(x), element-wise. int8 and int16 in fixed point as in TFLite Micro; zero gives the highest code,
// below it the function has no value, which is BadValue.
#include <cmath>
#include <cstring>

#include "kernels_cpp/inverse_sqrt.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/map_s8.h"

namespace arenite {
namespace {

constexpr int32_t kFractionBits = 20;
constexpr int32_t kHeadroomBits = 10;  // 1 / sqrt(1) with all fraction bits, shifted so far left, is 2^30

// QuantizeMultiplier(1 / (sqrt(in) * out)), the one step that wants doubles; a double keeps 22 bits below the
// multiplier.
Multiplier output_multiplier(float in, float out) {
  const double real = 1.0 / (std::sqrt(static_cast<double>(in)) * static_cast<double>(out));
  uint64_t bits;
  std::memcpy(&bits, &real, sizeof bits);
  const uint64_t mantissa = (bits & ((uint64_t{1} << 52) - 1)) | uint64_t{1} << 52;
  uint32_t multiplier = static_cast<uint32_t>((mantissa + (1 << 21)) >> 22);
  int32_t shift = static_cast<int32_t>(bits >> 52) - 1022;
  if (multiplier == 1u << 31) {
    multiplier >>= 1;
    ++shift;
  }
  return {static_cast<int32_t>(multiplier), shift};
}

struct Rsqrt {
  Multiplier output;
  int32_t zero_in;
  int32_t highest;  // steps of the output

  explicit Rsqrt(const Node& node)
      : output(output_multiplier(node.input(0).scale(), node.output(0).scale())),
        zero_in(node.input(0).zero_point),
        highest(is_int16(node.output(0)) ? INT16_MAX : INT8_MAX - node.output(0).zero_point) {
    output = output.shift - kFractionBits < -31 ? Multiplier{0, -1}
                                                : Multiplier{output.multiplier, output.shift - kFractionBits};
  }
  int32_t operator()(int32_t q) const {
    const int32_t x = q - zero_in;
    if (x <= 0) return highest;
    Multiplier root = inverse_sqrt(x);
    root.shift += kFractionBits;
    return multiply_by_quantized_multiplier(multiply_by_quantized_multiplier(1, root), output);
  }
};

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  ARENITE_TRY(check_elementwise(node));
  if (is_float(node.input(0))) return Status::kOk;
  const Multiplier m = output_multiplier(node.input(0).scale(), node.output(0).scale());
  ARENITE_CHECK(m.shift <= kFractionBits + kHeadroomBits, kBadQuantization);  // further left it could wrap
  *scratch_bytes = map_scratch(node.input(0));
  return Status::kOk;
}

template <typename T>
bool has_negative(const Node& node) {
  const int32_t zero = node.input(0).zero_point;
  bool found = false;
  for_each_run<T, T>(node, [&](const T* in, T*, int32_t n) {
    for (int32_t i = 0; i < n; ++i) found = found || in[i] < zero;
  });
  return found;
}

Status eval(const Node& node) {
  const Tensor input = node.input(0);
  if (is_float(input)) {
    map_f32(node, [](float x) { return 1.0f / std::sqrt(x); });
    return Status::kOk;
  }
  const Rsqrt function(node);
  if (is_int16(input)) {
    ARENITE_CHECK(!has_negative<int16_t>(node), kBadValue);
    map<int16_t>(node, [=](int32_t q) { return saturate_s16(function(q)); });
  } else {
    ARENITE_CHECK(!has_negative<int8_t>(node), kBadValue);
    const int32_t zero_out = node.output(0).zero_point;
    map_s8(node, [=](int32_t q) { return saturate_s8(function(q), zero_out); });
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(rsqrt);
