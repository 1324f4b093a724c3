// Input rows as the sliding windows of x86 want them: packed to V::Element, the zero point where the window leaves the
// image, so that no tap needs a test. See x86_stage.h for V.
//
//   V::Element                             packed activation: with its offset, or what V makes of it
//   V::pack_activations(from, n, off, to)  n bytes to n elements
//   V::fill_padding(n, off, to)            n elements of input value zero
#pragma once

#include <cstring>

#include "kernels_cpp/microkernels/conv_s8.h"

namespace arenite::x86 {
namespace {

constexpr int32_t kMaxKernelRows = 64;

inline int32_t at_most(int32_t x, int32_t limit) { return x < limit ? x : limit; }
inline int32_t at_least(int32_t x, int32_t limit) { return x > limit ? x : limit; }

// The packed rows under the window of one output row. Each input row is packed once while the window moves down.
template <typename V>
class LineBuffer {
 public:
  using Element = typename V::Element;
  // All rows under one window, on the stack.
  static constexpr int32_t kElements =
      (sizeof(Element) == 4 ? 1 << 16 : 1 << 15) / static_cast<int32_t>(sizeof(Element));

  // At most kMaxKernelRows kernel rows.
  explicit LineBuffer(const WindowGeometry& window) : window_(window), size_(kElements / window.kernel_height) {}

  // Elements that a row may have.
  int32_t size() const { return size_; }

  // To be called before pack() packs differently, and first of all.
  void forget() {
    for (int32_t i = 0; i < window_.kernel_height; ++i) held_[i] = -1;
  }

  // Makes row(i) the input row of kernel row i under output row y: pack(input row, may be outside the image, to).
  template <typename Pack>
  void move_to(int32_t y, Pack pack) {
    for (int32_t i = 0; i < window_.kernel_height; ++i) {
      const int32_t padded_row = y * window_.stride_height + i * window_.dilation_height;
      const int32_t slot = window_.dilation_height == 1 ? padded_row % window_.kernel_height : i;
      row_[i] = elements_ + slot * size_;
      if (held_[slot] == padded_row) continue;
      held_[slot] = padded_row;
      pack(padded_row - window_.pad_top, elements_ + slot * size_);
    }
  }

  const Element* row(int32_t i) const { return row_[i]; }

 private:
  alignas(64) Element elements_[kElements];
  const Element* row_[kMaxKernelRows];
  int32_t held_[kMaxKernelRows];
  const WindowGeometry& window_;
  int32_t size_;
};

// The part of columns [first, first + count) that lies inside the image: `left` columns come before it.
struct Columns {
  int32_t left;
  int32_t inside;
  int32_t right;
  Columns(const WindowGeometry& w, int32_t row, int32_t first, int32_t count) {
    const bool outside = row < 0 || row >= w.input_height;
    left = outside ? count : at_most(at_least(-first, 0), count);
    inside = outside ? 0 : at_least(at_most(w.input_width - first, count) - left, 0);
    right = count - left - inside;
  }
};

// The part of V that packs activations which are read as they are.
template <typename T>
struct CopiedElements {
  using Element = T;
  static void pack_activations(const T* from, int32_t count, int32_t, T* to) {
    std::memcpy(to, from, static_cast<size_t>(count) * sizeof *to);
  }
  static void fill_padding(int32_t count, int32_t, T* to) {
    std::memset(to, 0, static_cast<size_t>(count) * sizeof *to);
  }
};

}  // namespace
}  // namespace arenite::x86
