// Element-wise arithmetic of plain int32 and int64, which wraps.
#pragma once

#include "kernels_cpp/activation.h"
#include "kernels_cpp/broadcast.h"
#include "schema/format.h"

namespace arenite {

// Signed, and the unsigned type in which its arithmetic wraps.
struct Int32 {
  using Value = int32_t;
  using Wrapping = uint32_t;
  static constexpr Value kMin = INT32_MIN;
  static constexpr Value kMax = INT32_MAX;
};
struct Int64 {
  using Value = int64_t;
  using Wrapping = uint64_t;
  static constexpr Value kMin = INT64_MIN;
  static constexpr Value kMax = INT64_MAX;
};

template <typename Type>
inline ActivationRange<typename Type::Value> activation_range_of(int32_t activation) {
  namespace Activation = format::ActivationFunctionType;
  if (activation == Activation::RELU_N1_TO_1) return {-1, 1};
  if (activation == Activation::RELU6) return {0, 6};
  return {activation == Activation::RELU ? 0 : Type::kMin, Type::kMax};
}

template <typename Type, typename Op>
inline void eval_integers_as(const Node& node, int32_t activation, Op op) {
  using Value = typename Type::Value;
  using Wrapping = typename Type::Wrapping;
  const ActivationRange<Value> range = activation_range_of<Type>(activation);
  for (BroadcastWalk walk(node); walk.next();) {
    for_each_pair(walk.run<Value>(), [=](Value a, Value b) {
      return range.apply(static_cast<Value>(op(static_cast<Wrapping>(a), static_cast<Wrapping>(b))));
    });
  }
}

// op takes and returns the unsigned partners.
template <typename Op>
inline void eval_integers(const Node& node, int32_t activation, Op op) {
  if (node.output(0).type == Type::kInt64) {
    eval_integers_as<Int64>(node, activation, op);
  } else {
    eval_integers_as<Int32>(node, activation, op);
  }
}

}  // namespace arenite
