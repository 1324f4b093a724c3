// Largest and smallest elements: reduce_max, reduce_min, arg_max, arg_min. Order is Greater or Less.
#pragma once

#include "kernels_cpp/index_list.h"
#include "kernels_cpp/reduction.h"

namespace arenite {

constexpr float kLargestFloat = 3.40282347e+38f;

// What replaces `start`, and the start for each type: the end of its range, for float32 the largest finite number. A
// NaN is passed over.
struct Greater {
  static constexpr float kFloat = -kLargestFloat;
  static constexpr int64_t kInt64 = INT64_MIN;
  static constexpr int32_t kInt32 = INT32_MIN;
  static constexpr int16_t kInt16 = INT16_MIN;
  static constexpr int8_t kInt8 = INT8_MIN;
  template <typename T>
  bool operator()(T a, T b) const {
    return a > b;
  }
};

struct Less {
  static constexpr float kFloat = kLargestFloat;
  static constexpr int64_t kInt64 = INT64_MAX;
  static constexpr int32_t kInt32 = INT32_MAX;
  static constexpr int16_t kInt16 = INT16_MAX;
  static constexpr int8_t kInt8 = INT8_MAX;
  template <typename T>
  bool operator()(T a, T b) const {
    return a < b;
  }
};

inline Status check_reduce_extreme(const Node& node) {
  ARENITE_TRY(check_reduction(node));
  ARENITE_CHECK(same_quantization(node.input(0), node.output(0)), kBadQuantization);
  return Status::kOk;
}

template <typename Order, typename T>
void reduce_extreme(const Node& node, T start) {
  reduce(
      Reduction(node), node.input(0).as<T>(), node.output(0).as<T>(), start,
      [](T best, T x) { return Order()(x, best) ? x : best; }, [](T best) { return best; });
}

template <typename Order>
Status reduce_extreme(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor input = node.input(0);
  if (is_float(input)) {
    reduce_extreme<Order, float>(node, Order::kFloat);
  } else if (is_integer(input) && input.type == Type::kInt64) {
    reduce_extreme<Order, int64_t>(node, Order::kInt64);
  } else if (is_integer(input)) {
    reduce_extreme<Order, int32_t>(node, Order::kInt32);
  } else if (is_int16(input)) {
    reduce_extreme<Order, int16_t>(node, Order::kInt16);
  } else {
    reduce_extreme<Order, int8_t>(node, Order::kInt8);
  }
  return Status::kOk;
}

// The one axis of arg_max and arg_min with what lies outside and inside of it.
struct ArgAxis {
  int32_t outer = 1;
  int32_t size = 1;
  int32_t inner = 1;

  explicit ArgAxis(const Node& node);
};

// One constant axis, in range and not empty; the output's shape is the input's without it.
Status check_arg(const Node& node);

// The first of equal elements.
template <typename Order, typename T>
void arg_extreme(const Node& node) {
  const ArgAxis axis(node);
  const T* in = node.input(0).as<T>();
  const Tensor output = node.output(0);
  for (int32_t o = 0; o < axis.outer; ++o, in += axis.size * axis.inner) {
    for (int32_t i = 0; i < axis.inner; ++i) {
      int32_t best = 0;
      for (int32_t a = 1; a < axis.size; ++a) {
        if (Order()(in[a * axis.inner + i], in[best * axis.inner + i])) best = a;
      }
      put_index(output, o * axis.inner + i, best);
    }
  }
}

template <typename Order>
Status arg_extreme(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor input = node.input(0);
  if (input.type == Type::kFloat32) {  // also where float32 bodies are left out: the row is not float32 throughout
    arg_extreme<Order, float>(node);
  } else if (input.type == Type::kInt32) {
    arg_extreme<Order, int32_t>(node);
  } else if (is_int16(input)) {
    arg_extreme<Order, int16_t>(node);
  } else {
    arg_extreme<Order, int8_t>(node);
  }
  return Status::kOk;
}

}  // namespace arenite
