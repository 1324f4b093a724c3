// FLOOR_DIV and FLOOR_MOD: division that rounds down; plain integers. A divisor of zero is BadValue, as TFLite refuses
// it; so it is in DIV of int32.
#pragma once

#include "kernels_cpp/broadcast.h"
#include "kernels_cpp/kernels.h"

namespace arenite::integer_division {

template <typename T>
inline bool has_zero(const BroadcastRun<T>& run) {
  for (int32_t i = 0; i < run.count; ++i) {
    if (run.b[i * run.step_b] == T{0}) return true;
  }
  return false;
}

template <typename T, typename Op>
inline Status eval_as(const Node& node, Op op) {
  for (BroadcastWalk walk(node); walk.next();) {
    const BroadcastRun<T> run = walk.run<T>();
    ARENITE_CHECK(!has_zero(run), kBadValue);
    for_each_pair(run, op);
  }
  return Status::kOk;
}

// In 64 bits no quotient of smaller integers overflows; what the type cannot hold wraps.
template <typename T, typename Op>
inline Status eval_integers(const Node& node, Op op) {
  return eval_as<T>(node,
                    [=](T a, T b) { return static_cast<T>(op(static_cast<int64_t>(a), static_cast<int64_t>(b))); });
}

// Op has overloads for float and int64_t.
template <typename Op>
inline Status eval(const Node& node, Op op) {
  const Tensor input = node.input(0);
  if (is_float(input)) return eval_as<float>(node, [=](float a, float b) { return op(a, b); });
  if (is_int16(input)) return eval_integers<int16_t>(node, op);
  if (input.type == Type::kInt8) return eval_integers<int8_t>(node, op);
  return input.type == Type::kInt64 ? eval_integers<int64_t>(node, op) : eval_integers<int32_t>(node, op);
}

}  // namespace arenite::integer_division
