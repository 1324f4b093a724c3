// STRIDED_SLICE: TensorFlow's x[begin:end:stride, ..., newaxis, i], given by vectors and masks with a bit per entry.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

namespace Options = format::StridedSliceOptions;

constexpr int32_t kMaxEntries = 31;

// What is read of one axis of the operand.
struct AxisSlice {
  int32_t begin;
  int32_t step;
  int32_t size;
};

struct Masks {
  uint32_t begin;
  uint32_t end;
  uint32_t ellipsis;
  uint32_t new_axis;
  uint32_t shrink;

  explicit Masks(const Node& node)
      : begin(static_cast<uint32_t>(node.option_i32(Options::begin_mask, 0))),
        end(static_cast<uint32_t>(node.option_i32(Options::end_mask, 0))),
        ellipsis(static_cast<uint32_t>(node.option_i32(Options::ellipsis_mask, 0))),
        new_axis(static_cast<uint32_t>(node.option_i32(Options::new_axis_mask, 0)) & ~ellipsis),
        shrink(static_cast<uint32_t>(node.option_i32(Options::shrink_axis_mask, 0)) & ~ellipsis & ~new_axis) {}
};

bool has(uint32_t mask, int32_t entry) { return (mask >> entry & 1) != 0; }

// `value` as an index of an axis of `size`, counted from the end when negative, cut to where a slice can start or stop.
int64_t bound(int32_t value, int32_t size, bool forward) {
  const int64_t index = value < 0 ? int64_t{value} + size : value;
  const int64_t low = forward ? 0 : -1;
  const int64_t high = forward ? size : size - 1;
  return index < low ? low : index > high ? high : index;
}

// Walks the entries, the axes of the operand and those of the result side by side.
class Reading {
 public:
  explicit Reading(const Node& node)
      : input_(node.input(0)),
        begin_(node.input(1)),
        end_(node.input(2)),
        strides_(node.input(3)),
        output_(node.output(0)),
        masks_(node) {}

  // Fills axes[input.rank] and compares the result's shape.
  Status run(AxisSlice* axes) {
    const int32_t entries = begin_.count();
    for (int32_t i = 0; i < entries; ++i) {
      if (has(masks_.ellipsis, i)) {
        ARENITE_TRY(take_rest(axes, axes_after(i + 1, entries)));
      } else if (has(masks_.new_axis, i)) {
        ARENITE_TRY(give(1));
      } else {
        ARENITE_TRY(take_entry(axes, i));
      }
    }
    ARENITE_TRY(take_rest(axes, 0));
    ARENITE_CHECK(given_ == output_.rank, kBadShape);
    return Status::kOk;
  }

 private:
  // Axes of the operand that the entries from `first` on stand for.
  int32_t axes_after(int32_t first, int32_t entries) const {
    int32_t count = 0;
    for (int32_t i = first; i < entries; ++i) count += has(masks_.new_axis, i) ? 0 : 1;
    return count;
  }

  // The next axis of the result has `size`.
  Status give(int32_t size) {
    ARENITE_CHECK(given_ < output_.rank && output_.dim(given_) == size, kBadShape);
    ++given_;
    return Status::kOk;
  }

  // Whole axes, until `left` remain.
  Status take_rest(AxisSlice* axes, int32_t left) {
    for (; taken_ < input_.rank - left; ++taken_) {
      axes[taken_] = {0, 1, input_.dim(taken_)};
      ARENITE_TRY(give(input_.dim(taken_)));
    }
    return Status::kOk;
  }

  Status take_entry(AxisSlice* axes, int32_t i) {
    ARENITE_CHECK(taken_ < input_.rank, kBadShape);
    const int32_t size = input_.dim(taken_);
    const int32_t stride = strides_.as<int32_t>()[i];
    ARENITE_CHECK(stride != 0, kBadOption);
    const int32_t first = begin_.as<int32_t>()[i];
    if (has(masks_.shrink, i)) {
      const int64_t index = has(masks_.begin, i) ? 0 : first < 0 ? int64_t{first} + size : first;
      ARENITE_CHECK(stride > 0 && index >= 0 && index < size, kBadOption);
      axes[taken_++] = {static_cast<int32_t>(index), 1, 1};
      return Status::kOk;
    }
    const bool forward = stride > 0;
    const int64_t begin = has(masks_.begin, i) ? (forward ? 0 : size - 1) : bound(first, size, forward);
    const int64_t end = has(masks_.end, i) ? (forward ? size : -1) : bound(end_.as<int32_t>()[i], size, forward);
    const int64_t length = forward ? end - begin : begin - end;
    const int64_t step = forward ? int64_t{stride} : -int64_t{stride};
    const int32_t count = length <= 0 ? 0 : static_cast<int32_t>((length + step - 1) / step);
    axes[taken_++] = {static_cast<int32_t>(begin), stride, count};
    return give(count);
  }

  const Tensor input_;
  const Tensor begin_;
  const Tensor end_;
  const Tensor strides_;
  const Tensor output_;
  const Masks masks_;
  int32_t taken_ = 0;
  int32_t given_ = 0;
};

Status prepare(const Node& node, uint32_t*) {
  const Tensor begin = node.input(1);
  const Tensor end = node.input(2);
  const Tensor strides = node.input(3);
  ARENITE_CHECK(begin.constant && end.constant && strides.constant, kBadOption);
  const int32_t entries = begin.count();
  ARENITE_CHECK(entries <= kMaxEntries && end.count() == entries && strides.count() == entries, kBadShape);
  const uint32_t ellipsis = Masks(node).ellipsis;
  ARENITE_CHECK((ellipsis & (ellipsis - 1)) == 0 && node.option_i8(Options::offset, 0) == 0, kBadOption);
  AxisSlice axes[kMaxRank];
  ARENITE_TRY(Reading(node).run(axes));
  ARENITE_CHECK(keeps_grid(node.input(0), node.output(0)), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  AxisSlice axes[kMaxRank];
  ARENITE_TRY(Reading(node).run(axes));
  if (output.count() == 0) return Status::kOk;
  CopyLoops loops;
  const uint8_t* in = input.as<uint8_t>();
  int32_t out_pitch = element_bytes(output);
  for (int32_t i = 0; i < input.rank; ++i) out_pitch *= axes[i].size;
  for (int32_t i = 0; i < input.rank; ++i) {
    out_pitch /= axes[i].size;
    in += static_cast<ptrdiff_t>(axes[i].begin) * pitch(input, i);
    if (axes[i].size > 1) loops.add(axes[i].size, axes[i].step * pitch(input, i), out_pitch);
  }
  copy_strided(loops, in, output.as<uint8_t>(), element_bytes(input));
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(strided_slice);
