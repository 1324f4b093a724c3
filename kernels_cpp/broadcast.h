// Two operands with numpy's broadcasting, up to rank kMaxRank.
#pragma once

#include "kernels_cpp/rows.h"
#include "kernels_cpp/shape.h"

namespace arenite {

// Whether the output's shape is what numpy makes of a and b.
bool broadcasts(const Tensor& a, const Tensor& b, const Tensor& output);

// prepare of an operator of two operands that asks for nothing else.
inline Status check_broadcast(const Node& node) {
  ARENITE_CHECK(broadcasts(node.input(0), node.input(1), node.output(0)), kBadShape);
  return Status::kOk;
}

// Elements out[i] from a[i * step_a] and b[i * step_b], i < count; steps are 0 or 1.
template <typename T, typename Out = T>
struct BroadcastRun {
  const T* a;
  const T* b;
  Out* out;
  int32_t count;
  int32_t step_a;
  int32_t step_b;
};

// Visits the output run by run: the whole tensor, or the rows of the node's window. Neighbouring axes that both
// operands walk alike are merged, so operands of one shape make a single run. Compiled once for all operators and
// types.
//
//   for (BroadcastWalk walk(node); walk.next();) ... walk.run<T>() ...
class BroadcastWalk {
 public:
  // The shapes have passed broadcasts().
  explicit BroadcastWalk(const Node& node);
  // Moves to the next run, first to the first one; false when there is none.
  bool next();

  template <typename T, typename Out = T>
  BroadcastRun<T, Out> run() const {
    const Axis& inner = axes_[rank_ - 1];
    return {reinterpret_cast<const T*>(a_), reinterpret_cast<const T*>(b_),
            reinterpret_cast<Out*>(out_),   inner.size,
            inner.a != 0 ? 1 : 0,           inner.b != 0 ? 1 : 0};
  }

 private:
  // Bytes from one index to the next in each operand; 0 along an axis that the operand repeats.
  struct Axis {
    int32_t size;
    int32_t a;
    int32_t b;
  };

  void merge_axes(int32_t depth);
  void enter_row();

  const RowWindow* window_;
  Tensor operands_[2];
  Tensor output_;
  Axis axes_[kMaxRank];  // outermost first
  int32_t index_[kMaxRank];
  int32_t rank_;
  int32_t row_;  // of the window; the whole tensor counts as one
  int32_t rows_end_;
  bool inside_ = false;  // a run of row_ has been visited
  const uint8_t* a_ = nullptr;
  const uint8_t* b_ = nullptr;
  uint8_t* out_ = nullptr;
};

// out[i] = op(a[i], b[i]). The plain loop is apart because it is the one that matters, and compilers vectorize it.
template <typename T, typename Out, typename Op>
inline void for_each_pair(const BroadcastRun<T, Out>& run, Op op) {
  if (run.step_a == 1 && run.step_b == 1) {
    for (int32_t i = 0; i < run.count; ++i) run.out[i] = op(run.a[i], run.b[i]);
  } else {
    for (int32_t i = 0; i < run.count; ++i) run.out[i] = op(run.a[i * run.step_a], run.b[i * run.step_b]);
  }
}

}  // namespace arenite
