// The sliding window of average_pool_2d and max_pool_2d.
#pragma once

#include "kernels_cpp/activation.h"
#include "kernels_cpp/padding.h"
#include "kernels_cpp/rows.h"
#include "kernels_cpp/shape.h"

namespace arenite {

struct Pool {
  Tensor input;   // [batch, height, width, channels]
  Tensor output;  // [batch, height, width, channels]
  WindowAxis vertical;
  WindowAxis horizontal;
  int32_t padding;
  int32_t activation;

  explicit Pool(const Node& node);
  Status check() const;
};

// Input positions [begin, end) of one axis under one output, padding left out; never empty.
struct Taps {
  int32_t begin;
  int32_t end;
  Taps(const WindowAxis& axis, int32_t pad_before, int32_t output) {
    const int32_t first = output * axis.stride - pad_before;
    begin = first < 0 ? 0 : first;
    end = first + axis.kernel < axis.input ? first + axis.kernel : axis.input;
  }
  int32_t count() const { return end - begin; }
};

// Channels that a reduction holds at once, on the stack.
constexpr int32_t kPoolBlock = 32;

// Channels [channel, channel + size) of one output pixel.
struct PoolBlock {
  RowBuffer input;
  int32_t pitch;  // elements from one input pixel to the next
  Taps y;
  Taps x;
  int32_t channel;
  int32_t size;  // <= kPoolBlock

  // take(in, pixels) for the runs of pixels under the window, which lie `pitch` apart, row by row as TFLite does: rows
  // of the window, or all of them where they follow each other without a gap.
  template <typename T, typename Take>
  void for_each_run(Take take) const {
    const int32_t row_bytes = x.count() * pitch * static_cast<int32_t>(sizeof(T));
    const int32_t rows = row_bytes == input.stride && y.end <= input.ring ? y.count() : 1;
    for (int32_t row = y.begin; row < y.end; row += rows) {
      take(input.row<T>(row) + x.begin * pitch + channel, rows * x.count());
    }
  }

  // acc[c] = combine(acc[c], in[c]) over these pixels.
  template <typename T, typename Acc, typename Combine>
  void reduce(Acc* acc, Combine combine) const {
    for_each_run<T>([&](const T* in, int32_t pixels) {
      for (; pixels > 0; --pixels, in += pitch) {
        for (int32_t c = 0; c < size; ++c) acc[c] = combine(acc[c], in[c]);
      }
    });
  }
};

// Calls body(block, output) for the blocks of output row y.
template <typename T, typename Body>
inline void for_each_block(const Pool& pool, RowBuffer input, RowBuffer output, int32_t y, Body body) {
  const int32_t channels = pool.output.dim(3);
  const int32_t pad_left = pool.horizontal.pad_before(pool.padding);
  const Taps taps_y(pool.vertical, pool.vertical.pad_before(pool.padding), y);
  T* out = output.row<T>(y);
  for (int32_t x = 0; x < pool.output.dim(2); ++x, out += channels) {
    PoolBlock block = {input, channels, taps_y, Taps(pool.horizontal, pad_left, x), 0, kPoolBlock};
    for (; block.channel < channels; block.channel += kPoolBlock) {
      if (channels - block.channel < kPoolBlock) block.size = channels - block.channel;
      body(block, out + block.channel);
    }
  }
}

// The same for every row of every image, or for the rows of the window. One place calls it, so that it is inlined once.
template <typename T, typename Body>
inline void for_each_block(const Node& node, const Pool& pool, Body body) {
  const RowWindow* window = row_window(node);
  const RowRange range = window != nullptr ? window->range : RowRange{0, pool.output.dim(1)};
  for (int32_t b = 0; b < pool.output.dim(0); ++b) {
    const RowBuffer input = window != nullptr ? window->input[0] : image_rows(pool.input, b);
    const RowBuffer output = window != nullptr ? window->output : image_rows(pool.output, b);
    for (int32_t y = range.begin; y < range.end; ++y) for_each_block<T>(pool, input, output, y, body);
    if (window != nullptr) return;  // its rows are those of image 0
  }
}

// The pixels under one window, one after the other: with the least code.
template <typename T, typename Acc, typename Combine>
inline Acc reduce_window(const Pool& pool, const T* image, int32_t first_y, int32_t first_x, Acc acc, int32_t* count,
                         Combine combine) {
  const auto inside = [](int32_t at, int32_t size) { return static_cast<uint32_t>(at) < static_cast<uint32_t>(size); };
  for (int32_t y = first_y; y < first_y + pool.vertical.kernel; ++y) {
    for (int32_t x = first_x; x < first_x + pool.horizontal.kernel; ++x) {
      if (!inside(y, pool.vertical.input) || !inside(x, pool.horizontal.input)) continue;
      acc = combine(acc, image[(y * pool.horizontal.input + x) * pool.output.dim(3)]);
      ++*count;
    }
  }
  return acc;
}

// out = finish(acc, pixels) for every output, acc = combine(acc, in) over the pixels under the window, from `first` on.
template <typename T, typename Acc, typename Combine, typename Finish>
inline void for_each_output(const Pool& pool, Acc first, Combine combine, Finish finish) {
  const int32_t pad_top = pool.vertical.pad_before(pool.padding);
  const int32_t pad_left = pool.horizontal.pad_before(pool.padding);
  const T* image = pool.input.as<T>();
  T* out = pool.output.as<T>();
  for (int32_t b = 0; b < pool.output.dim(0); ++b) {
    for (int32_t y = 0; y < pool.output.dim(1); ++y) {
      for (int32_t x = 0; x < pool.output.dim(2); ++x) {
        for (int32_t c = 0; c < pool.output.dim(3); ++c) {
          int32_t count = 0;
          const Acc acc = reduce_window(pool, image + c, y * pool.vertical.stride - pad_top,
                                        x * pool.horizontal.stride - pad_left, first, &count, combine);
          *out++ = finish(acc, count);
        }
      }
    }
    image += pool.vertical.input * pool.horizontal.input * pool.output.dim(3);
  }
}

}  // namespace arenite
