// Walks the window of one output pixel as a sequence of contiguous runs of input bytes and of padding.
#pragma once

#include <cstdint>

#include "kernels_cpp/microkernels/conv_s8.h"

namespace arenite {

// Elements [begin, end) of one axis of the window that lie inside the image.
struct TapRange {
  int32_t begin;
  int32_t end;
};

// first: coordinate of tap 0, may be negative. size: extent of the image.
inline TapRange taps_inside(int32_t first, int32_t dilation, int32_t taps, int32_t size) {
  if (dilation == 1) {  // no division where it is common
    const int32_t begin = first < 0 ? -first : 0;
    const int32_t end = size - first < taps ? size - first : taps;
    return {begin < taps ? begin : taps, end < begin ? begin : end};
  }
  TapRange range = {0, taps};
  while (range.begin < taps && first + range.begin * dilation < 0) ++range.begin;
  while (range.end > range.begin && first + (range.end - 1) * dilation >= size) --range.end;
  return range;
}

// The taps of one output pixel that lie inside the image.
struct PixelWindow {
  int32_t first_y;  // of the input, where tap (0, 0) lies; may be negative
  int32_t first_x;
  TapRange rows;
  TapRange columns;

  PixelWindow(const WindowGeometry& w, int32_t y, int32_t x)
      : first_y(y * w.stride_height - w.pad_top),
        rows(taps_inside(first_y, w.dilation_height, w.kernel_height, w.input_height)) {
    move_to_column(w, x);
  }

  // To pixel x of the same row.
  void move_to_column(const WindowGeometry& w, int32_t x) {
    first_x = x * w.stride_width - w.pad_left;
    columns = taps_inside(first_x, w.dilation_width, w.kernel_width, w.input_width);
  }

  bool all_columns(const WindowGeometry& w) const { return columns.begin == 0 && columns.end == w.kernel_width; }
};

// Calls sink.copy(const int8_t* source, count) and sink.fill(count) in the order of the weights [i, j, c].
template <typename Sink>
inline void walk_patch(const ConvS8& conv, int32_t y, int32_t x, Sink& sink) {
  const WindowGeometry& w = conv.window;
  const int32_t channels = conv.input_channels;
  if (w.kernel_height == 1 && w.kernel_width == 1) {
    sink.copy(conv.input.row<int8_t>(y * w.stride_height) + x * w.stride_width * w.input_pitch, channels);
    return;
  }
  const int32_t first_x = x * w.stride_width - w.pad_left;
  const int32_t step = w.dilation_width * w.input_pitch;
  const TapRange columns = taps_inside(first_x, w.dilation_width, w.kernel_width, w.input_width);
  int32_t input_y = y * w.stride_height - w.pad_top;
  for (int32_t i = 0; i < w.kernel_height; ++i, input_y += w.dilation_height) {
    if (input_y < 0 || input_y >= w.input_height || columns.begin >= columns.end) {
      sink.fill(w.kernel_width * channels);
      continue;
    }
    if (columns.begin > 0) sink.fill(columns.begin * channels);
    const int8_t* source = conv.input.row<int8_t>(input_y) + (first_x * w.input_pitch + columns.begin * step);
    if (step == channels) {
      sink.copy(source, (columns.end - columns.begin) * channels);
    } else {
      for (int32_t j = columns.begin; j < columns.end; ++j, source += step) sink.copy(source, channels);
    }
    if (columns.end < w.kernel_width) sink.fill((w.kernel_width - columns.end) * channels);
  }
}

// Destinations of the pixels whose patches are packed.
template <int32_t kPixels>
struct PixelTile {
  int8_t* out[kPixels];

  // Slots from `count` on hold no patch. What is computed for them goes where pixel 0 goes, so a microkernel must store
  // slot 0 last.
  void close(int32_t count) {
    for (int32_t i = count; i < kPixels; ++i) out[i] = out[0];
  }
};

// Packs the patches of all pixels of `rows`, row after row, kPixels at a time: pack(slot, y, x), then compute(tile).
template <int32_t kPixels, typename Pack, typename Compute>
inline void for_each_tile(const ConvS8& conv, RowRange rows, Pack pack, Compute compute) {
  PixelTile<kPixels> tile;
  int32_t slot = 0;
  for (int32_t y = rows.begin; y < rows.end; ++y) {
    int8_t* out = conv.output.row<int8_t>(y);
    for (int32_t x = 0; x < conv.window.output_width; ++x, out += conv.window.output_pitch) {
      pack(slot, y, x);
      tile.out[slot++] = out;
      if (slot < kPixels) continue;
      compute(tile);
      slot = 0;
    }
  }
  if (slot == 0) return;
  tile.close(slot);
  compute(tile);
}

}  // namespace arenite
