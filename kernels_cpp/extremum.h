// MAXIMUM and MINIMUM with broadcasting: one of the two elements. int8 codes are compared, so all three tensors have
// one scale.
#pragma once

#include "kernels_cpp/broadcast.h"
#include "kernels_cpp/kernels.h"

namespace arenite::extremum {

inline Status prepare(const Node& node) {
  const Tensor a = node.input(0);
  const Tensor b = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(broadcasts(a, b, output), kBadShape);
  ARENITE_CHECK(same_quantization(a, output) && same_quantization(b, output), kBadQuantization);
  return Status::kOk;
}

// Where neither is larger, or one is NaN, b: as in TFLite.
template <bool kLarger, typename T>
inline void eval_as(const Node& node) {
  for (BroadcastWalk walk(node); walk.next();) {
    for_each_pair(walk.run<T>(), [](T a, T b) { return (kLarger ? a > b : a < b) ? a : b; });
  }
}

template <bool kLarger>
inline Status eval(const Node& node) {
  switch (node.output(0).type) {
    case Type::kInt8:
      eval_as<kLarger, int8_t>(node);
      return Status::kOk;
    case Type::kInt16:
      if (ARENITE_INT16 != 0) eval_as<kLarger, int16_t>(node);
      return Status::kOk;
    case Type::kInt32:
      eval_as<kLarger, int32_t>(node);
      return Status::kOk;
    case Type::kInt64:
      eval_as<kLarger, int64_t>(node);
      return Status::kOk;
    default:
      if (ARENITE_FLOAT != 0) eval_as<kLarger, float>(node);
      return Status::kOk;
  }
}

}  // namespace arenite::extremum
