// The convolution of the x86 variants; x86_stage.h says who includes this. K is the kernel's type of operands:
//
//   K::Job, K::Input, K::Weight, K::Output      the contract's structure, and types of elements
//   K::V                                        vector operations:
//     V::Sum, V::kLanes                         vector of sums, one for each of kLanes channels
//     V::Element, V::kGroup                     packed activation or weight; elements of depth per multiply_add
//     V::kPixels                                pixels per tile, times two vectors of channels
//     V::pack_weights(from, stride, lanes, n, to)  n <= kLanes * kGroup elements of `lanes` channels, zeros up to whole
//                                               groups and vectors: [group][lane][kGroup]
//     V::broadcast_group(at)                    kGroup activations for every lane
//     V::multiply_add(acc, a, w)                acc[l] += sum over a group of a * w
//   K::Constants                                of a vector of channels; start(): where its sums begin
//   K::constants(conv, packed, n, first, lanes, to)  from n packed weights of channels [first, first + lanes); false:
//   these
//                                               weights need the plain loop
//   K::store(job, x, pixels, acc)               the outputs of a tile
#pragma once

#include <cstring>

#include "kernels_cpp/microkernels/x86_lines.h"

namespace arenite::x86 {
namespace {

constexpr int32_t kPanelChannels = 256;  // whose packed weights are kept, on the stack, if K::kPanelBytes hold them
constexpr int32_t kMaxRuns = 256;

// The depth of a window as runs of neighbouring elements, each padded to whole groups: a row of the kernel, or a tap
// when columns are dilated.
template <typename V>
struct Runs {
  int32_t count;
  int32_t elements;  // of a run
  int32_t groups;    // of a run
  int32_t per_row;

  Runs(const WindowGeometry& w, int32_t input_channels) {
    per_row = w.dilation_width == 1 ? 1 : w.kernel_width;
    elements = w.kernel_width / per_row * input_channels;
    count = w.kernel_height * per_row;
    groups = (elements + V::kGroup - 1) / V::kGroup;
  }
  int32_t all_groups() const { return count * groups; }
};

// Weights and constants of a run of channels.
template <typename K>
struct Panel {
  using V = typename K::V;
  using Element = typename V::Element;
  static constexpr int32_t kElements = K::kPanelBytes / static_cast<int32_t>(sizeof(Element));

  // [vector of channels][group][lane][kGroup]
  alignas(64) Element weights[kElements];
  typename K::Constants constants[kPanelChannels / V::kLanes];
  int32_t stride;  // elements from one vector of channels to the next

  explicit Panel(const Runs<V>& runs) : stride(vector_elements(runs)) {}

  static int32_t vector_elements(const Runs<V>& runs) { return runs.all_groups() * V::kLanes * V::kGroup; }

  // How many fit.
  static int32_t channels(const Runs<V>& runs) {
    return at_most(kElements / vector_elements(runs) * V::kLanes, kPanelChannels);
  }

  [[nodiscard]] bool fill(const typename K::Job& conv, const Runs<V>& runs, int32_t first, int32_t count) {
    const int32_t depth = conv.depth();
    for (int32_t c = 0; c < count; c += V::kLanes) {
      const int32_t lanes = at_most(count - c, V::kLanes);
      Element* to = weights + c / V::kLanes * stride;
      pack(conv.weights + static_cast<ptrdiff_t>(first + c) * depth, depth, lanes, runs, to);
      if (!K::constants(conv, to, stride, first + c, lanes, &constants[c / V::kLanes])) return false;
    }
    return true;
  }

 private:
  static void pack(const typename K::Weight* from, int32_t depth, int32_t lanes, const Runs<V>& runs, Element* to) {
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
};

// One or two vectors of channels for the pixels of one output row.
template <typename K>
struct RowJob {
  using Element = typename K::V::Element;
  const typename K::Job* conv;
  const Element* runs[kMaxRuns];
  int32_t run_count;
  int32_t run_groups;
  int32_t pixel_step;  // elements from one pixel's window to the next
  const Element* weights;
  int32_t weight_stride;  // from one vector of channels to the next
  const typename K::Constants* constants;
  typename K::Output* out;  // of pixel 0
  int32_t out_pitch;
  int32_t channels;
};

template <typename K, int32_t kPixels, int32_t kVectors>
inline void sum_tile(const RowJob<K>& job, int32_t x, typename K::V::Sum (&acc)[kPixels][kVectors]) {
  using V = typename K::V;
#pragma GCC unroll 8
  for (int32_t p = 0; p < kPixels; ++p) {
#pragma GCC unroll 2
    for (int32_t v = 0; v < kVectors; ++v) acc[p][v] = job.constants[v].start();
  }
  const typename V::Element* weights = job.weights;
  const int32_t step = job.pixel_step;
  for (int32_t r = 0; r < job.run_count; ++r) {
    const typename V::Element* a = job.runs[r] + x * step;
    for (int32_t g = 0; g < job.run_groups; ++g, a += V::kGroup, weights += V::kLanes * V::kGroup) {
      typename V::Sum w[kVectors];
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

// `left` pixels of the row from x on, at most kPixels, in the smallest tile that holds them.
template <typename K, int32_t kPixels, int32_t kVectors>
inline void compute_tile(const RowJob<K>& job, int32_t x, int32_t left) {
  constexpr int32_t kSmaller = kPixels - 4 / kVectors;
  if constexpr (kSmaller > 0) {
    if (left <= kSmaller) {
      compute_tile<K, kSmaller, kVectors>(job, x, left);
      return;
    }
  }
  typename K::V::Sum acc[kPixels][kVectors];
  sum_tile<K, kPixels, kVectors>(job, x, acc);
  K::template store<kPixels, kVectors>(job, x, at_most(left, kPixels), acc);
}

template <typename K, int32_t kVectors>
inline void compute_row(const RowJob<K>& job, int32_t width) {
  constexpr int32_t kPixels = K::V::kPixels;
  for (int32_t x = 0; x < width; x += kPixels) {
    compute_tile<K, kPixels, kVectors>(job, x, at_most(width - x, kPixels));
  }
}

// Output columns whose input fits a line, the spare pixels of a tile included; 0: not even one.
template <typename V>
inline int32_t columns_that_fit(const WindowGeometry& w, int32_t input_channels) {
  if (w.kernel_height > kMaxKernelRows) return 0;
  const int32_t size = LineBuffer<V>::kElements / w.kernel_height;
  const int64_t extent = int64_t{w.kernel_width - 1} * w.dilation_width + 1;
  const int64_t step = int64_t{w.stride_width} * input_channels;
  const int64_t columns = (size - V::kGroup - extent * input_channels) / step - 2;
  if (columns >= w.output_width) return w.output_width;
  if (columns <= 0) return 0;
  return static_cast<int32_t>(columns >= V::kPixels ? columns / V::kPixels * V::kPixels : columns);
}

// Input columns [first, first + count) of one row.
template <typename K>
inline void pack_line(const typename K::Job& conv, int32_t row, int32_t first, int32_t count,
                      typename K::V::Element* to) {
  using V = typename K::V;
  const WindowGeometry& w = conv.window;
  const int32_t offset = K::input_offset(conv);
  const int32_t channels = conv.input_channels;
  const Columns columns(w, row, first, count);
  V::fill_padding(columns.left * channels, offset, to);
  to += columns.left * channels;
  if (columns.inside > 0) {
    const auto* from = conv.input.template row<typename K::Input>(row) + (first + columns.left) * w.input_pitch;
    const bool dense = w.input_pitch == channels;
    const int32_t run = (dense ? columns.inside : 1) * channels;
    for (int32_t x = 0; x < columns.inside; x += dense ? columns.inside : 1, from += w.input_pitch, to += run) {
      V::pack_activations(from, run, offset, to);
    }
  }
  V::fill_padding(columns.right * channels, offset, to);
}

// A panel's channels of output columns [x, x + width).
template <typename K>
inline void conv_columns(const typename K::Job& conv, RowRange rows, const Runs<typename K::V>& runs,
                         const Panel<K>& panel, LineBuffer<typename K::V>& lines, int32_t channel, int32_t channels,
                         int32_t x, int32_t width) {
  using V = typename K::V;
  const WindowGeometry& w = conv.window;
  const int32_t columns = (width - 1) * w.stride_width + (w.kernel_width - 1) * w.dilation_width + 1;
  RowJob<K> job;
  job.conv = &conv;
  job.run_count = runs.count;
  job.run_groups = runs.groups;
  job.pixel_step = w.stride_width * conv.input_channels;
  job.weight_stride = panel.stride;
  job.out_pitch = w.output_pitch;
  lines.forget();
  for (int32_t y = rows.begin; y < rows.end; ++y) {
    lines.move_to(y, [&](int32_t row, typename V::Element* to) {
      pack_line<K>(conv, row, x * w.stride_width - w.pad_left, columns, to);
    });
    for (int32_t r = 0; r < runs.count; ++r) {
      job.runs[r] = lines.row(r / runs.per_row) + r % runs.per_row * w.dilation_width * conv.input_channels;
    }
    auto* out = conv.output.template row<typename K::Output>(y) + x * w.output_pitch + channel;
    for (int32_t c = 0; c < channels; c += 2 * V::kLanes) {
      job.weights = panel.weights + c / V::kLanes * panel.stride;
      job.constants = panel.constants + c / V::kLanes;
      job.out = out + c;
      job.channels = at_most(channels - c, 2 * V::kLanes);
      if (job.channels > V::kLanes) {
        compute_row<K, 2>(job, width);
      } else {
        compute_row<K, 1>(job, width);
      }
    }
  }
}

// Rows of a 1x1 convolution that lie one after the other are one long row.
template <typename K>
inline bool is_one_row(const typename K::Job& conv, RowRange rows) {
  const WindowGeometry& w = conv.window;
  constexpr int32_t kInput = sizeof(typename K::Input);
  constexpr int32_t kOutput = sizeof(typename K::Output);
  return w.taps() == 1 && w.stride_height == 1 && w.stride_width == 1 && w.pad_top == 0 && w.pad_left == 0 &&
         w.input_width == w.output_width && conv.input.stride == w.input_width * w.input_pitch * kInput &&
         conv.output.stride == w.output_width * w.output_pitch * kOutput && rows.end <= conv.input.ring &&
         rows.end <= conv.output.ring && rows.end <= w.input_height;
}

template <typename Job>
inline Job one_row(Job conv, RowRange rows) {
  conv.input.base = conv.input.template row<uint8_t>(rows.begin);
  conv.output.base = conv.output.template row<uint8_t>(rows.begin);
  conv.window.input_height = 1;
  conv.window.input_width *= rows.end - rows.begin;
  conv.window.output_width = conv.window.input_width;
  return conv;
}

// False when this convolution needs the plain loop; outputs may have been written.
template <typename K>
[[nodiscard]] inline bool convolve(const typename K::Job& whole, RowRange rows) {
  using V = typename K::V;
  if (rows.begin >= rows.end) return true;
  const bool merged = is_one_row<K>(whole, rows);
  const typename K::Job conv = merged ? one_row(whole, rows) : whole;
  if (merged) rows = {0, 1};
  const Runs<V> runs(conv.window, conv.input_channels);
  const int32_t chunk = Panel<K>::channels(runs);
  const int32_t columns = columns_that_fit<V>(conv.window, conv.input_channels);
  if (chunk == 0 || columns == 0 || runs.count > kMaxRuns) return false;
  Panel<K> panel(runs);
  LineBuffer<V> lines(conv.window);
  for (int32_t c = 0; c < conv.output_channels; c += chunk) {
    const int32_t channels = at_most(conv.output_channels - c, chunk);
    if (!panel.fill(conv, runs, c, channels)) return false;
    for (int32_t x = 0; x < conv.window.output_width; x += columns) {
      const int32_t width = at_most(conv.window.output_width - x, columns);
      conv_columns<K>(conv, rows, runs, panel, lines, c, channels, x, width);
    }
  }
  return true;
}

}  // namespace
}  // namespace arenite::x86
