// What the operators that reduce over constant axes share: mean, sum, reduce_max and their like.
#pragma once

#include "kernels_cpp/fixed_point.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/shape.h"

namespace arenite {

// Outputs that are accumulated at once, on the stack.
constexpr int32_t kReductionBlock = 32;

// Nested loops over some axes of the input, outermost first; neighbouring axes are merged.
struct Loops {
  int32_t size[kMaxRank];
  int32_t step[kMaxRank];  // elements
  int32_t rank = 0;

  void add(int32_t axis_size, int32_t axis_step) {
    if (axis_size == 1) return;
    if (rank > 0 && step[rank - 1] == axis_size * axis_step) {
      size[rank - 1] *= axis_size;
      step[rank - 1] = axis_step;
      return;
    }
    size[rank] = axis_size;
    step[rank++] = axis_step;
  }

  int32_t count() const {
    int32_t n = 1;
    for (int32_t i = 0; i < rank; ++i) n *= size[i];
    return n;
  }

  // Removes and returns the size of the innermost loop when its elements lie side by side, else 1.
  int32_t take_contiguous() {
    if (rank == 0 || step[rank - 1] != 1) return 1;
    return size[--rank];
  }

  // body(offset) for every element, in the order of memory.
  template <typename Body>
  void for_each(Body body) const {
    int32_t index[kMaxRank] = {};
    int32_t offset = 0;
    for (;;) {
      body(offset);
      int32_t i = rank - 1;
      for (; i >= 0; --i) {
        offset += step[i];
        if (++index[i] < size[i]) break;
        offset -= size[i] * step[i];
        index[i] = 0;
      }
      if (i < 0) return;
    }
  }
};

// The loops over operand 0: outside the axes that are kept, inside those that operand 1 names.
struct Reduction {
  Loops kept;
  Loops reduced;

  explicit Reduction(const Node& node);
};

// Axes are constant and in range, the output's shape is what they leave (option keep_dims), no operand is empty, int8
// and int16 tensors have one scale.
Status check_reduction(const Node& node);

// out[i] = finish(acc), acc = combine(acc, element) from `start` over the elements that belong to output i, in the
// order of memory.
template <typename T, typename Acc, typename Combine, typename Finish>
inline void reduce(Reduction loops, const T* in, T* out, Acc start, Combine combine, Finish finish) {
  const int32_t run = loops.kept.take_contiguous();
  loops.kept.for_each([&](int32_t base) {
    for (int32_t first = 0; first < run; first += kReductionBlock) {
      const int32_t n = run - first < kReductionBlock ? run - first : kReductionBlock;
      Acc acc[kReductionBlock];
      for (int32_t i = 0; i < n; ++i) acc[i] = start;
      loops.reduced.for_each([&](int32_t offset) {
        const T* from = in + base + first + offset;
        for (int32_t i = 0; i < n; ++i) acc[i] = combine(acc[i], from[i]);
      });
      for (int32_t i = 0; i < n; ++i) *out++ = finish(acc[i]);
    }
  });
}

// For mean and sum: the sum of int8 or int16 codes, less count times the zero point, fits 32 bits.
Status check_sum(const Node& node);

// Codes: zero_out + (sum - count * zero_in) * m, both roundings.
void sum_s8(const Node& node, const Reduction& loops, Multiplier m);
void sum_s16(const Node& node, const Reduction& loops, Multiplier m);

}  // namespace arenite
