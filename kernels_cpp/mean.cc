// MEAN over constant axes. int8 as in TFLite: the division by the element count is folded into the multiplier.
#include "kernels_cpp/fixed_point.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/shape.h"

namespace arenite {
namespace {

// Outputs that are summed at once, on the stack.
constexpr int32_t kBlock = 32;

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

// Bit i set: axis i is reduced. False when an axis is out of range.
bool read_axes(const Tensor& axes, int32_t rank, uint32_t* mask) {
  *mask = 0;
  for (int32_t i = 0; i < axes.count(); ++i) {
    const int32_t axis = axes.as<int32_t>()[i];
    if (axis < -rank || axis >= rank) return false;
    *mask |= 1u << (axis < 0 ? axis + rank : axis);
  }
  return true;
}

bool shape_fits(const Tensor& input, const Tensor& output, uint32_t mask, bool keep_dims) {
  int32_t out_axis = 0;
  for (int32_t i = 0; i < input.rank; ++i) {
    const bool reduced = (mask >> i & 1) != 0;
    if (reduced && !keep_dims) continue;
    if (out_axis >= output.rank || output.dim(out_axis) != (reduced ? 1 : input.dim(i))) return false;
    ++out_axis;
  }
  return out_axis == output.rank;
}

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor axes = node.input(1);
  const Tensor output = node.output(0);
  uint32_t mask;
  ARENITE_CHECK(axes.constant, kBadOption);
  ARENITE_CHECK(read_axes(axes, input.rank, &mask), kBadOption);
  const bool keep_dims = node.option_i8(format::ReducerOptions::keep_dims, 0) != 0;
  ARENITE_CHECK(shape_fits(input, output, mask, keep_dims), kBadShape);
  ARENITE_CHECK(input.count() > 0, kBadShape);
  ARENITE_CHECK(scaled_if_int8(input) && scaled_if_int8(output), kBadQuantization);
  // The int8 sum, less count times the zero point, fits 32 bits.
  ARENITE_CHECK(is_float(input) || input.count() / output.count() < (1 << 23), kLimitExceeded);
  return Status::kOk;
}

struct Reduction {
  Loops kept;
  Loops reduced;

  explicit Reduction(const Node& node) {
    const Tensor input = node.input(0);
    uint32_t mask;
    (void)read_axes(node.input(1), input.rank, &mask);  // prepare has seen it succeed
    for (int32_t i = 0; i < input.rank; ++i) {
      int32_t step = 1;
      for (int32_t inner = i + 1; inner < input.rank; ++inner) step *= input.dim(inner);
      ((mask >> i & 1) != 0 ? reduced : kept).add(input.dim(i), step);
    }
  }
};

// out[i] = finish(sum of the elements that belong to output i). Acc: int32_t for int8, float for float.
template <typename T, typename Acc, typename Finish>
void reduce(Reduction loops, const T* in, T* out, Finish finish) {
  const int32_t run = loops.kept.take_contiguous();
  loops.kept.for_each([&](int32_t base) {
    for (int32_t first = 0; first < run; first += kBlock) {
      const int32_t n = run - first < kBlock ? run - first : kBlock;
      Acc sum[kBlock] = {};
      loops.reduced.for_each([&](int32_t offset) {
        const T* from = in + base + first + offset;
        for (int32_t i = 0; i < n; ++i) sum[i] += from[i];
      });
      for (int32_t i = 0; i < n; ++i) *out++ = finish(sum[i]);
    }
  });
}

// m / count as TFLite folds it: count is normalized by a shift, and the quotient of the mantissas truncated.
Multiplier divided(Multiplier m, int32_t count) {
  int32_t shift = 31 - __builtin_clz(static_cast<uint32_t>(count));
  if (shift > 31 + m.shift) shift = 31 + m.shift;
  const uint32_t divisor = static_cast<uint32_t>(count);
  uint32_t quotient = static_cast<uint32_t>(m.multiplier) / divisor;
  uint32_t rest = static_cast<uint32_t>(m.multiplier) % divisor;
  for (int32_t i = 0; i < shift; ++i) {  // long division: (multiplier << shift) / count
    rest <<= 1;
    quotient <<= 1;
    if (rest >= divisor) {
      rest -= divisor;
      quotient |= 1;
    }
  }
  return {static_cast<int32_t>(quotient), m.shift - shift};
}

void eval_s8(const Node& node, const Reduction& loops) {
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  const int32_t count = loops.reduced.count();
  const Multiplier m = divided(quantize_ratio(input.scale(), 1.0f, output.scale()), count);
  const int32_t offset = input.zero_point * count;
  const int32_t zero_out = output.zero_point;
  reduce<int8_t, int32_t>(loops, input.as<int8_t>(), output.as<int8_t>(), [=](int32_t sum) {
    const int32_t steps = multiply_by_quantized_multiplier(sum - offset, m);
    return static_cast<int8_t>(zero_out + clamp(steps, INT8_MIN - zero_out, INT8_MAX - zero_out));
  });
}

void eval_f32(const Node& node, const Reduction& loops) {
  const float count = static_cast<float>(loops.reduced.count());
  reduce<float, float>(loops, node.input(0).as<float>(), node.output(0).as<float>(),
                       [=](float sum) { return sum / count; });
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);  // rows are what it sums over
  const Reduction loops(node);
  if (is_float(node.input(0))) {
    eval_f32(node, loops);
  } else {
    eval_s8(node, loops);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(mean);
