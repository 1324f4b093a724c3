// CAST: the same number in another type; scales count for nothing. Integers wrap, floats are truncated.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/rows.h"
#include "kernels_cpp/shape.h"

namespace arenite {
namespace {

constexpr int32_t kBlock = 16;  // elements on the stack

Status prepare(const Node& node, uint32_t*) {
  ARENITE_CHECK(same_shape(node.input(0), node.output(0)), kBadShape);
  return Status::kOk;
}

// Integers: modulo the range of To. bool: whether it is other than 0.
template <typename To, typename From>
struct Conversion {
  static To of(From x) { return static_cast<To>(x); }
};

// Truncated towards zero and saturated. NaN is the largest int32 as in LiteRT, and 0 in the other types, where LiteRT
// and TFLite Micro leave it undefined.
template <typename To>
struct Conversion<To, float> {
  static To of(float x) {
    constexpr float kEnd = static_cast<float>(uint64_t{1} << (8 * sizeof(To) - 1)) * (To(-1) < To(0) ? 1.0f : 2.0f);
    constexpr To kLow = To(-1) < To(0) ? static_cast<To>(uint64_t{1} << (8 * sizeof(To) - 1)) : To{0};
    constexpr To kHigh = static_cast<To>(~kLow);
    if (x != x) return sizeof(To) == sizeof(int32_t) ? kHigh : To{0};
    if (x >= kEnd) return kHigh;
    return x > static_cast<float>(kLow) ? static_cast<To>(x) : kLow;
  }
};

template <>
struct Conversion<bool, float> {
  static bool of(float x) { return x != 0.0f; }
};

template <>
struct Conversion<float, float> {
  static float of(float x) { return x; }
};

// T: as elements lie in the tensor; any byte but 0 is true.
template <typename T, typename Wide>
void load(const void* in, int32_t n, bool truth, Wide* wide) {
  for (int32_t i = 0; i < n; ++i) {
    const T x = static_cast<const T*>(in)[i];
    wide[i] = truth ? static_cast<Wide>(x != T{0}) : static_cast<Wide>(x);
  }
}

template <typename T, typename Wide>
void store(const Wide* wide, int32_t n, void* out) {
  for (int32_t i = 0; i < n; ++i) static_cast<T*>(out)[i] = Conversion<T, Wide>::of(wide[i]);
}

template <typename Wide>
void store(const Wide* wide, int32_t n, Type type, void* out) {
  switch (type) {
    case Type::kFloat32:
      return store<float>(wide, n, out);
    case Type::kInt64:
      return store<int64_t>(wide, n, out);
    case Type::kInt32:
      return store<int32_t>(wide, n, out);
    case Type::kInt16:
      return store<int16_t>(wide, n, out);
    case Type::kUInt8:
      return store<uint8_t>(wide, n, out);
    case Type::kBool:
      return store<bool>(wide, n, out);
    default:
      return store<int8_t>(wide, n, out);
  }
}

void convert(Type from, const uint8_t* in, int32_t n, Type to, uint8_t* out) {
  if (from == Type::kFloat32) {
    float wide[kBlock];
    load<float>(in, n, false, wide);
    store(wide, n, to, out);
  } else if (from == Type::kInt64) {
    int64_t wide[kBlock];
    load<int64_t>(in, n, false, wide);
    store(wide, n, to, out);
  } else {
    int32_t wide[kBlock];
    switch (from) {
      case Type::kInt32:
        load<int32_t>(in, n, false, wide);
        break;
      case Type::kInt16:
        load<int16_t>(in, n, false, wide);
        break;
      case Type::kInt8:
        load<int8_t>(in, n, false, wide);
        break;
      default:
        load<uint8_t>(in, n, from == Type::kBool, wide);
    }
    store(wide, n, to, out);
  }
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  const int32_t in_bytes = static_cast<int32_t>(type_size(input.type));
  const int32_t out_bytes = static_cast<int32_t>(type_size(output.type));
  for (int32_t i = 0, n = output.count(); i < n; i += kBlock) {
    const int32_t block = n - i < kBlock ? n - i : kBlock;
    convert(input.type, input.as<uint8_t>() + i * in_bytes, block, output.type, output.as<uint8_t>() + i * out_bytes);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(cast);
