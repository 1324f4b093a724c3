#include "kernels_cpp/broadcast.h"

namespace arenite {
namespace {

// Bytes from one index of an axis to the next; 0 when the operand has one element there and repeats it.
int32_t step(const Tensor& operand, int32_t from_end) {
  if (operand.back(from_end) == 1) return 0;
  int32_t bytes = static_cast<int32_t>(type_size(operand.type));
  for (int32_t i = 0; i < from_end; ++i) bytes *= operand.back(i);
  return bytes;
}

// Row y of operand `i` of the window; a constant operand is whole, and an operand of one row is read again and again.
const uint8_t* operand_row(const RowWindow& window, const Tensor& operand, int32_t i, int32_t y) {
  const RowBuffer rows = operand.constant ? image_rows(operand, 0) : window.input[i];
  return rows.row<uint8_t>(operand.back(2) == 1 ? 0 : y);
}

}  // namespace

bool broadcasts(const Tensor& a, const Tensor& b, const Tensor& output) {
  if (output.rank != (a.rank > b.rank ? a.rank : b.rank)) return false;
  for (int32_t i = 0; i < output.rank; ++i) {
    const int32_t size_a = a.back(i);
    const int32_t size_b = b.back(i);
    if (size_a != size_b && size_a != 1 && size_b != 1) return false;
    if (output.back(i) != (size_a == 1 ? size_b : size_a)) return false;
  }
  return true;
}

BroadcastWalk::BroadcastWalk(const Node& node)
    : window_(row_window(node)),
      operands_{node.input(0), node.input(1)},
      output_(node.output(0)),
      axes_{},
      index_{},
      rank_(0),
      row_(window_ != nullptr ? window_->range.begin : 0),
      rows_end_(window_ != nullptr ? window_->range.end : 1) {
  if (output_.count() == 0) rows_end_ = row_;
  merge_axes(window_ != nullptr && output_.rank > 2 ? 2 : output_.rank);
}

// The innermost `depth` axes, from the outermost of them inwards.
void BroadcastWalk::merge_axes(int32_t depth) {
  for (int32_t i = depth - 1; i >= 0; --i) {
    const Axis next = {output_.back(i), step(operands_[0], i), step(operands_[1], i)};
    if (next.size == 1) continue;
    Axis* const outer = &axes_[rank_ - (rank_ > 0 ? 1 : 0)];
    if (rank_ > 0 && outer->a == next.a * next.size && outer->b == next.b * next.size) {
      *outer = {outer->size * next.size, next.a, next.b};
    } else {
      axes_[rank_++] = next;
    }
  }
  if (rank_ == 0) axes_[rank_++] = {1, 0, 0};  // a single element
}

void BroadcastWalk::enter_row() {
  inside_ = true;
  if (window_ == nullptr) {
    a_ = operands_[0].as<uint8_t>();
    b_ = operands_[1].as<uint8_t>();
    out_ = output_.as<uint8_t>();
    return;
  }
  a_ = operand_row(*window_, operands_[0], 0, row_);
  b_ = operand_row(*window_, operands_[1], 1, row_);
  out_ = window_->output.row<uint8_t>(row_);
}

bool BroadcastWalk::next() {
  if (inside_) {
    out_ += axes_[rank_ - 1].size * static_cast<int32_t>(type_size(output_.type));
    for (int32_t i = rank_ - 2; i >= 0; --i) {
      const Axis& axis = axes_[i];
      a_ += axis.a;
      b_ += axis.b;
      if (++index_[i] < axis.size) return true;
      a_ -= axis.a * axis.size;
      b_ -= axis.b * axis.size;
      index_[i] = 0;
    }
    ++row_;
  }
  if (row_ >= rows_end_) return false;
  enter_row();
  return true;
}

}  // namespace arenite
