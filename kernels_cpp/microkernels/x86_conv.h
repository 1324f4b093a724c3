// The convolution of the x86 variants; x86_stage.h says who includes this.
//
//   V::kGroup                          elements of depth per multiply_add
//   V::kPixels                         pixels per tile, times two vectors of channels
//   V::pack_weights(from, stride, lanes, n, to)  n <= kLanes * kGroup elements of `lanes` channels, zeros up to whole
//                                      groups and vectors: [group][lane][kGroup]
//   V::broadcast_group(at)             kGroup activations for every lane
//   V::multiply_add(acc, a, w)         acc[l] += sum over a group of a * w
//   V::activation_offset(offset)       what packed activations have been increased by
#pragma once

#include <cstring>

#include "kernels_cpp/microkernels/portable.h"
#include "kernels_cpp/microkernels/x86_lines.h"
#include "kernels_cpp/microkernels/x86_stage.h"

namespace arenite::x86 {

constexpr int32_t kPanelBytes = 1 << 16;  // packed weights of a run of channels, on the stack
constexpr int32_t kPanelChannels = 256;   // at most that many
constexpr int32_t kMaxRuns = 256;

// The depth of a window as runs of neighbouring elements, each padded to whole groups: a row of the kernel, or a tap
// when columns are dilated.
template <typename V>
struct Runs {
  int32_t count;
  int32_t elements;  // of a run
  int32_t groups;    // of a run
  int32_t per_row;

  explicit Runs(const ConvS8& conv) {
    const WindowGeometry& w = conv.window;
    per_row = w.dilation_width == 1 ? 1 : w.kernel_width;
    elements = w.kernel_width / per_row * conv.input_channels;
    count = w.kernel_height * per_row;
    groups = (elements + V::kGroup - 1) / V::kGroup;
  }
  int32_t all_groups() const { return count * groups; }
};

// Weights and constants of a run of channels.
template <typename V>
struct Panel {
  using Element = typename V::Element;
  // [vector of channels][group][lane][kGroup]
  alignas(64) Element weights[kPanelBytes / sizeof(Element)];
  Stage<V> stage[kPanelChannels / V::kLanes];
  int32_t stride;  // elements from one vector of channels to the next

  explicit Panel(const Runs<V>& runs) : stride(vector_elements(runs)) {}

  static int32_t vector_elements(const Runs<V>& runs) { return runs.all_groups() * V::kLanes * V::kGroup; }

  // How many fit.
  static int32_t channels(const Runs<V>& runs) {
    const int32_t vectors = kPanelBytes / static_cast<int32_t>(sizeof(Element)) / vector_elements(runs);
    return at_most(vectors * V::kLanes, kPanelChannels);
  }

  void fill(const ConvS8& conv, const Runs<V>& runs, int32_t first, int32_t count) {
    const int32_t depth = conv.depth();
    const int64_t spread = depth * kLargestProduct;
    for (int32_t c = 0; c < count; c += V::kLanes) {
      const int32_t lanes = at_most(count - c, V::kLanes);
      Element* to = weights + c / V::kLanes * stride;
      pack(conv.weights + static_cast<ptrdiff_t>(first + c) * depth, depth, lanes, runs, to);
      const auto correction = V::mul(weight_sums(to), V::set(offset_left(conv.input_offset)));
      stage[c / V::kLanes] = load_stage<V>(conv.stage, first + c, lanes, spread, correction);
    }
  }

 private:
  // What packed activations lack of the input's offset.
  static int32_t offset_left(int32_t offset) { return offset - V::activation_offset(offset); }

  static void pack(const int8_t* from, int32_t depth, int32_t lanes, const Runs<V>& runs, Element* to) {
    const bool one_run = runs.elements % V::kGroup == 0;
    const int32_t elements = one_run ? depth : runs.elements;
    for (int32_t r = 0; r < (one_run ? 1 : runs.count); ++r, from += elements) {
      constexpr int32_t kBlock = V::kLanes * V::kGroup;
      for (int32_t k = 0; k < elements; k += kBlock) {
        V::pack_weights(from + k, depth, lanes, at_most(elements - k, kBlock), to + k * V::kLanes);
      }
      to += runs.groups * V::kLanes * V::kGroup;
    }
  }

  typename V::Int32 weight_sums(const Element* packed) const {
    typename V::Int32 sum = V::set(0);
    for (int32_t k = 0; k < stride; k += V::kLanes * V::kGroup) {
      sum = V::multiply_add(sum, V::ones(), V::load(packed + k));
    }
    return sum;
  }
};

// One or two vectors of channels for the pixels of one output row.
template <typename V>
struct RowJob {
  const typename V::Element* runs[kMaxRuns];
  int32_t run_count;
  int32_t run_groups;
  int32_t pixel_step;  // elements from one pixel's window to the next
  const typename V::Element* weights;
  int32_t weight_stride;  // from one vector of channels to the next
  const Stage<V>* stage;
  const OutputStage* output_stage;
  int8_t* out;  // of pixel 0
  int32_t out_pitch;
  int32_t channels;
};

template <typename V, int32_t kPixels, int32_t kVectors>
inline void sum_tile(const RowJob<V>& job, int32_t x, typename V::Int32 (&acc)[kPixels][kVectors]) {
#pragma GCC unroll 8
  for (int32_t p = 0; p < kPixels; ++p) {
#pragma GCC unroll 2
    for (int32_t v = 0; v < kVectors; ++v) acc[p][v] = job.stage[v].bias;
  }
  const typename V::Element* weights = job.weights;
  const int32_t step = job.pixel_step;
  for (int32_t r = 0; r < job.run_count; ++r) {
    const typename V::Element* a = job.runs[r] + x * step;
    for (int32_t g = 0; g < job.run_groups; ++g, a += V::kGroup, weights += V::kLanes * V::kGroup) {
      typename V::Int32 w[kVectors];
#pragma GCC unroll 2
      for (int32_t v = 0; v < kVectors; ++v) w[v] = V::load(weights + v * job.weight_stride);
#pragma GCC unroll 8
      for (int32_t p = 0; p < kPixels; ++p) {
        const auto group = V::broadcast_group(a + p * step);
#pragma GCC unroll 2
        for (int32_t v = 0; v < kVectors; ++v) acc[p][v] = V::multiply_add(acc[p][v], group, w[v]);
      }
    }
  }
}

// Stores the first `pixels` of the tile. Four vectors become bytes at a time.
template <typename V, int32_t kPixels, int32_t kVectors>
inline void store_tile(const RowJob<V>& job, int32_t x, int32_t pixels,
                       const typename V::Int32 (&acc)[kPixels][kVectors]) {
  constexpr int32_t kTogether = 4 / kVectors;  // pixels
  constexpr int32_t kWidth = kVectors * V::kLanes;
  const OutputStage& stage = *job.output_stage;
  const ByteLimits<V> limits(stage);
  const bool dense = job.channels == kWidth && job.out_pitch == kWidth && pixels == kPixels;
#pragma GCC unroll 8
  for (int32_t p = 0; p < kPixels; p += kTogether) {
    typename V::Int32 y[4];
#pragma GCC unroll 4
    for (int32_t i = 0; i < 4; ++i) y[i] = job.stage[i % kVectors].apply(acc[p + i / kVectors][i % kVectors], stage);
    const auto bytes = V::pack_bytes(y, limits);
    int8_t* out = job.out + (x + p) * job.out_pitch;
    if (dense) {
      std::memcpy(out, &bytes, sizeof bytes);
      continue;
    }
    alignas(64) int8_t spilled[sizeof bytes];
    std::memcpy(spilled, &bytes, sizeof bytes);
    for (int32_t i = 0; i < kTogether && p + i < pixels; ++i, out += job.out_pitch) {
      if (job.channels == kWidth) {
        std::memcpy(out, spilled + i * kWidth, kWidth);
      } else {
        V::store_first(out, spilled + i * kWidth, job.channels);
      }
    }
  }
}

// `left` pixels of the row from x on, at most kPixels, in the smallest tile that holds them.
template <typename V, int32_t kPixels, int32_t kVectors>
inline void compute_tile(const RowJob<V>& job, int32_t x, int32_t left) {
  constexpr int32_t kSmaller = kPixels - 4 / kVectors;
  if constexpr (kSmaller > 0) {
    if (left <= kSmaller) {
      compute_tile<V, kSmaller, kVectors>(job, x, left);
      return;
    }
  }
  typename V::Int32 acc[kPixels][kVectors];
  sum_tile<V, kPixels, kVectors>(job, x, acc);
  store_tile<V, kPixels, kVectors>(job, x, at_most(left, kPixels), acc);
}

template <typename V, int32_t kVectors>
inline void compute_row(const RowJob<V>& job, int32_t width) {
  for (int32_t x = 0; x < width; x += V::kPixels) {
    compute_tile<V, V::kPixels, kVectors>(job, x, at_most(width - x, V::kPixels));
  }
}

// Output columns whose input fits a line, the spare pixels of a tile included; 0: not even one.
template <typename V>
inline int32_t columns_that_fit(const ConvS8& conv) {
  const WindowGeometry& w = conv.window;
  if (w.kernel_height > kMaxKernelRows) return 0;
  const int32_t size = LineBuffer<V>::kElements / w.kernel_height;
  const int64_t extent = int64_t{w.kernel_width - 1} * w.dilation_width + 1;
  const int64_t step = int64_t{w.stride_width} * conv.input_channels;
  const int64_t columns = (size - V::kGroup - extent * conv.input_channels) / step - 2;
  if (columns >= w.output_width) return w.output_width;
  if (columns <= 0) return 0;
  return static_cast<int32_t>(columns >= V::kPixels ? columns / V::kPixels * V::kPixels : columns);
}

// Input columns [first, first + count) of one row.
template <typename V>
inline void pack_line(const ConvS8& conv, int32_t row, int32_t first, int32_t count, typename V::Element* to) {
  const WindowGeometry& w = conv.window;
  const int32_t channels = conv.input_channels;
  const Columns columns(w, row, first, count);
  V::fill_padding(columns.left * channels, conv.input_offset, to);
  to += columns.left * channels;
  if (columns.inside > 0) {
    const int8_t* from = conv.input.row<int8_t>(row) + (first + columns.left) * w.input_pitch;
    const bool dense = w.input_pitch == channels;
    const int32_t run = (dense ? columns.inside : 1) * channels;
    for (int32_t x = 0; x < columns.inside; x += dense ? columns.inside : 1, from += w.input_pitch, to += run) {
      V::pack_activations(from, run, conv.input_offset, to);
    }
  }
  V::fill_padding(columns.right * channels, conv.input_offset, to);
}

// A panel's channels of output columns [x, x + width).
template <typename V>
inline void conv_columns(const ConvS8& conv, RowRange rows, const Runs<V>& runs, const Panel<V>& panel,
                         LineBuffer<V>& lines, int32_t channel, int32_t channels, int32_t x, int32_t width) {
  const WindowGeometry& w = conv.window;
  const int32_t columns = (width - 1) * w.stride_width + (w.kernel_width - 1) * w.dilation_width + 1;
  RowJob<V> job;
  job.run_count = runs.count;
  job.run_groups = runs.groups;
  job.pixel_step = w.stride_width * conv.input_channels;
  job.weight_stride = panel.stride;
  job.output_stage = &conv.stage;
  job.out_pitch = w.output_pitch;
  lines.forget();
  for (int32_t y = rows.begin; y < rows.end; ++y) {
    lines.move_to(y, [&](int32_t row, typename V::Element* to) {
      pack_line<V>(conv, row, x * w.stride_width - w.pad_left, columns, to);
    });
    for (int32_t r = 0; r < runs.count; ++r) {
      job.runs[r] = lines.row(r / runs.per_row) + r % runs.per_row * w.dilation_width * conv.input_channels;
    }
    int8_t* out = conv.output.row<int8_t>(y) + x * w.output_pitch + channel;
    for (int32_t c = 0; c < channels; c += 2 * V::kLanes) {
      job.weights = panel.weights + c / V::kLanes * panel.stride;
      job.stage = panel.stage + c / V::kLanes;
      job.out = out + c;
      job.channels = at_most(channels - c, 2 * V::kLanes);
      if (job.channels > V::kLanes) {
        compute_row<V, 2>(job, width);
      } else {
        compute_row<V, 1>(job, width);
      }
    }
  }
}

// Rows of a 1x1 convolution that lie one after the other are one long row.
inline bool is_one_row(const ConvS8& conv, RowRange rows) {
  const WindowGeometry& w = conv.window;
  return w.taps() == 1 && w.stride_height == 1 && w.stride_width == 1 && w.pad_top == 0 && w.pad_left == 0 &&
         w.input_width == w.output_width && conv.input.stride == w.input_width * w.input_pitch &&
         conv.output.stride == w.output_width * w.output_pitch && rows.end <= conv.input.ring &&
         rows.end <= conv.output.ring && rows.end <= w.input_height;
}

inline ConvS8 one_row(ConvS8 conv, RowRange rows) {
  conv.input.base = conv.input.row<uint8_t>(rows.begin);
  conv.output.base = conv.output.row<uint8_t>(rows.begin);
  conv.window.input_height = 1;
  conv.window.input_width *= rows.end - rows.begin;
  conv.window.output_width = conv.window.input_width;
  return conv;
}

template <typename V>
inline void conv_s8(const ConvS8& whole, RowRange rows) {
  if (rows.begin >= rows.end) return;
  const bool merged = is_one_row(whole, rows);
  const ConvS8 conv = merged ? one_row(whole, rows) : whole;
  if (merged) rows = {0, 1};
  const Runs<V> runs(conv);
  const int32_t chunk = Panel<V>::channels(runs);
  const int32_t columns = columns_that_fit<V>(conv);
  if (chunk == 0 || columns == 0 || runs.count > kMaxRuns) {
    portable::conv_s8(conv, rows);
    return;
  }
  Panel<V> panel(runs);
  LineBuffer<V> lines(conv.window);
  for (int32_t c = 0; c < conv.output_channels; c += chunk) {
    const int32_t channels = at_most(conv.output_channels - c, chunk);
    panel.fill(conv, runs, c, channels);
    for (int32_t x = 0; x < conv.window.output_width; x += columns) {
      const int32_t width = at_most(conv.window.output_width - x, columns);
      conv_columns<V>(conv, rows, runs, panel, lines, c, channels, x, width);
    }
  }
}

}  // namespace arenite::x86
