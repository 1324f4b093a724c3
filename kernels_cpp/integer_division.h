// FLOOR_DIV and FLOOR_MOD: division that rounds down. A divisor of zero is BadValue, as TFLite refuses it.
#pragma once

#include "kernels_cpp/broadcast.h"
#include "kernels_cpp/kernels.h"

namespace arenite::integer_division {

inline Status prepare(const Node& node) {
  ARENITE_CHECK(broadcasts(node.input(0), node.input(1), node.output(0)), kBadShape);
  return Status::kOk;
}

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

// Op has overloads for float and int64_t: in 64 bits no int32 quotient overflows.
template <typename Op>
inline Status eval(const Node& node, Op op) {
  if (is_float(node.input(0))) return eval_as<float>(node, [=](float a, float b) { return op(a, b); });
  return eval_as<int32_t>(node, [=](int32_t a, int32_t b) {
    return static_cast<int32_t>(op(static_cast<int64_t>(a), static_cast<int64_t>(b)));
  });
}

}  // namespace arenite::integer_division
