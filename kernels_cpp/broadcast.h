// add and mul: two operands with numpy's broadcasting, up to rank kMaxRank.
#pragma once

#include "kernels_cpp/rows.h"
#include "kernels_cpp/shape.h"

namespace arenite {

// The loops of a broadcast operation, outermost first, with as few axes as possible: neighbours that are walked alike
// are merged, so operands of one shape make a single loop.
struct Broadcast {
  // Element steps of each operand; 0 along an axis that it repeats.
  struct Axis {
    int32_t size;
    int32_t a;
    int32_t b;
  };
  Axis axes[kMaxRank];
  int32_t rank;

  // The innermost `rank` axes of the output. The shapes have passed broadcasts().
  Broadcast(const Tensor& a, const Tensor& b, const Tensor& output, int32_t rank);
};

// Whether the output's shape is what numpy makes of a and b.
bool broadcasts(const Tensor& a, const Tensor& b, const Tensor& output);

// Elements a[i * step_a], b[i * step_b] of one innermost loop; steps are 0 or 1.
template <typename T>
struct BroadcastRun {
  const T* a;
  const T* b;
  T* out;
  int32_t count;
  int32_t step_a;
  int32_t step_b;
};

// out[i] = op(a[i], b[i]). The plain loop is apart because it is the one that matters, and compilers vectorize it.
template <typename T, typename Op>
inline void for_each_pair(const BroadcastRun<T>& run, Op op) {
  if (run.step_a == 1 && run.step_b == 1) {
    for (int32_t i = 0; i < run.count; ++i) run.out[i] = op(run.a[i], run.b[i]);
  } else {
    for (int32_t i = 0; i < run.count; ++i) run.out[i] = op(run.a[i * run.step_a], run.b[i * run.step_b]);
  }
}

template <typename T, typename Body>
inline void for_each_broadcast_run(const Broadcast& loops, const T* a, const T* b, T* out, Body body) {
  const int32_t outer = loops.rank - 1;
  const Broadcast::Axis inner = loops.axes[outer];
  int32_t index[kMaxRank] = {};
  for (;;) {
    body(BroadcastRun<T>{a, b, out, inner.size, inner.a, inner.b});
    out += inner.size;
    int32_t i = outer - 1;
    for (; i >= 0; --i) {
      const Broadcast::Axis& axis = loops.axes[i];
      a += axis.a;
      b += axis.b;
      if (++index[i] < axis.size) break;
      a -= axis.a * axis.size;
      b -= axis.b * axis.size;
      index[i] = 0;
    }
    if (i < 0) return;
  }
}

// Row y of operand `i` of the window; a constant operand is whole, and an operand of one row is read again and again.
template <typename T>
inline const T* operand_row(const RowWindow& window, const Tensor& operand, int32_t i, int32_t y) {
  const int32_t row = operand.back(2) == 1 ? 0 : y;
  if (operand.constant) return image_rows(operand, 0).template row<T>(row);
  return window.input[i].row<T>(row);
}

// Calls body(run) for the whole output, or for the rows of the window.
template <typename T, typename Body>
inline void for_each_broadcast_run(const Node& node, Body body) {
  const Tensor a = node.input(0);
  const Tensor b = node.input(1);
  const Tensor output = node.output(0);
  if (output.count() == 0) return;
  const RowWindow* window = node.window();
  if (window == nullptr) {
    const Broadcast loops(a, b, output, output.rank);
    for_each_broadcast_run<T>(loops, a.as<T>(), b.as<T>(), output.as<T>(), body);
    return;
  }
  const Broadcast loops(a, b, output, output.rank < 2 ? output.rank : 2);
  for (int32_t y = window->range.begin; y < window->range.end; ++y) {
    for_each_broadcast_run<T>(loops, operand_row<T>(*window, a, 0, y), operand_row<T>(*window, b, 1, y),
                              window->output.row<T>(y), body);
  }
}

}  // namespace arenite
