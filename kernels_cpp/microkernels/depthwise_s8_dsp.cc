// Four channels at a time along a row of outputs. Weights are widened once into scratch, in the order in which SXTB16
// takes channels apart, so that a tap of four channels takes 8 instructions:
//   wide[block][tap][0] = channels 4b, 4b + 2    wide[block][tap][1] = channels 4b + 1, 4b + 3
#include "kernels_cpp/microkernels/every_register.h"

#include "kernels_cpp/microkernels/dsp.h"
#include "kernels_cpp/microkernels/dsp_instructions.h"
#include "kernels_cpp/microkernels/patch.h"
#include "kernels_cpp/microkernels/portable.h"

namespace arenite::dsp {
namespace {

constexpr int32_t kBlock = 4;          // channels
constexpr int32_t kTapPairs = 2;       // words of widened weights per tap of a block
constexpr int32_t kMaxKernelRows = 8;  // taller kernels take the portable variant

void widen_weights(const DepthwiseS8& conv, Pair* wide) {
  const int32_t channels = conv.output_channels();
  const int32_t taps = conv.window.taps();
  for (int32_t block = 0; block < channels; block += kBlock) {
    const int8_t* weights = conv.weights + block;
    for (int32_t tap = 0; tap < taps; ++tap, weights += channels) {
      const uint32_t word = load_word(weights);
      *wide++ = even_bytes(word);
      *wide++ = odd_bytes(word);
    }
  }
}

struct Sums {
  int32_t s0, s1, s2, s3;
};

// One tap of four channels at `address`, for instance "[%[in], %[step]]".
#define ARENITE_TAP(address)                       \
  "ldr %[even], " address                          \
  "\n\t"                                           \
  "ldmia %[wide]!, {r10, r11}\n\t"                 \
  "sxtab16 %[odd], %[offset], %[even], ror #8\n\t" \
  "sxtab16 %[even], %[offset], %[even]\n\t"        \
  "smlabb %[s0], %[even], r10, %[s0]\n\t"          \
  "smlatt %[s2], %[even], r10, %[s2]\n\t"          \
  "smlabb %[s1], %[odd], r11, %[s1]\n\t"           \
  "smlatt %[s3], %[odd], r11, %[s3]\n\t"
#define ARENITE_THREE_TAPS \
  ARENITE_TAP("[%[in]]") ARENITE_TAP("[%[in], %[step]]") ARENITE_TAP("[%[in], %[step], lsl #1]")
#define ARENITE_SUMS [s0] "+r"(sums.s0), [s1] "+r"(sums.s1), [s2] "+r"(sums.s2), [s3] "+r"(sums.s3)

// Adds `count` taps of one kernel row; step is the distance of two taps in bytes.
inline void add_taps(const int8_t* in, int32_t step, int32_t count, const Pair* wide, Pair offset, Sums& sums) {
  uint32_t even;
  uint32_t odd;
  for (; count > 0; --count, in += step) {
    asm(ARENITE_TAP("[%[in]]")
        : ARENITE_SUMS, [wide] "+r"(wide), [even] "=&r"(even), [odd] "=&r"(odd)
        : [in] "r"(in), [offset] "r"(offset)
        : "r10", "r11", "memory");
  }
}

// Adds three rows of three taps, row i at rows[i] + at.
inline void add_nine_taps(const int8_t* const (&rows)[3], int32_t at, int32_t step, const Pair* wide, Pair offset,
                          Sums& sums) {
  uint32_t even;
  uint32_t odd;
  const int8_t* in = rows[0] + at;
  asm(ARENITE_THREE_TAPS
      "ldr %[in], %[row1]\n\t"
      "add %[in], %[at]\n\t" ARENITE_THREE_TAPS
      "ldr %[in], %[row2]\n\t"
      "add %[in], %[at]\n\t" ARENITE_THREE_TAPS
      : ARENITE_SUMS, [wide] "+r"(wide), [in] "+r"(in), [even] "=&r"(even), [odd] "=&r"(odd)
      : [at] "r"(at), [step] "r"(step), [offset] "r"(offset), [row1] "m"(rows[1]), [row2] "m"(rows[2])
      : "r10", "r11", "memory");
}

#undef ARENITE_TAP
#undef ARENITE_THREE_TAPS
#undef ARENITE_SUMS

// The input rows below one output row, and which kernel rows they meet.
struct Rows {
  const int8_t* at[kMaxKernelRows];  // of kernel row i, at input column 0
  TapRange range;

  Rows(const DepthwiseS8& conv, int32_t y) {
    const WindowGeometry& w = conv.window;
    const int32_t first = y * w.stride_height - w.pad_top;
    range = taps_inside(first, w.dilation_height, w.kernel_height, w.input_height);
    for (int32_t i = range.begin; i < range.end; ++i) at[i] = conv.input.row<int8_t>(first + i * w.dilation_height);
  }
};

// A multiplier as requantize_fast takes it.
struct FastMultiplier {
  int32_t multiplier;
  int32_t right;
};

// Four channels of one output row: what stays the same along the row.
struct BlockRow {
  FastMultiplier multipliers[kBlock];
  Sums bias;
  const Pair* wide;
  Pair offset;
  int32_t step;        // bytes from tap to tap
  int32_t zero_point;  // of the output
  bool fast;

  BlockRow(const DepthwiseS8& conv, int32_t channel) {
    const OutputStage& stage = conv.stage;
    bias = {stage.bias_of(channel), stage.bias_of(channel + 1), stage.bias_of(channel + 2), stage.bias_of(channel + 3)};
    wide = static_cast<const Pair*>(conv.scratch) + channel / kBlock * conv.window.taps() * kTapPairs;
    offset = both(conv.input_offset);
    step = conv.window.dilation_width * conv.window.input_pitch;
    zero_point = stage.zero_point;
    fast = clamps_to_int8(stage);
    for (int32_t c = 0; c < kBlock; ++c) {
      const Multiplier m = stage.multiplier_of(channel + c);
      multipliers[c] = {m.multiplier, -m.shift};
      fast = fast && is_fast(m);
    }
  }
};

inline void store_fast(const BlockRow& block, const Sums& sums, int8_t* out) {
  const FastMultiplier* m = block.multipliers;
  const int32_t zero_point = block.zero_point;
  out[0] = static_cast<int8_t>(requantize_fast(sums.s0, m[0].multiplier, m[0].right, zero_point));
  out[1] = static_cast<int8_t>(requantize_fast(sums.s1, m[1].multiplier, m[1].right, zero_point));
  out[2] = static_cast<int8_t>(requantize_fast(sums.s2, m[2].multiplier, m[2].right, zero_point));
  out[3] = static_cast<int8_t>(requantize_fast(sums.s3, m[3].multiplier, m[3].right, zero_point));
}

__attribute__((noinline)) void store_any(const OutputStage& stage, int32_t channel, int8_t* out, int32_t s0, int32_t s1,
                                         int32_t s2, int32_t s3) {
  out[0] = stage.apply(s0, stage.multiplier_of(channel));
  out[1] = stage.apply(s1, stage.multiplier_of(channel + 1));
  out[2] = stage.apply(s2, stage.multiplier_of(channel + 2));
  out[3] = stage.apply(s3, stage.multiplier_of(channel + 3));
}

inline void store(const DepthwiseS8& conv, const BlockRow& block, int32_t channel, const Sums& sums, int8_t* out) {
  if (block.fast) {
    store_fast(block, sums, out);
  } else {
    store_any(conv.stage, channel, out, sums.s0, sums.s1, sums.s2, sums.s3);
  }
}

// Any kernel, any pixel.
void any_columns(const DepthwiseS8& conv, const Rows& rows, const BlockRow& block, int32_t channel, TapRange pixels,
                 int8_t* out) {
  const WindowGeometry& w = conv.window;
  for (int32_t x = pixels.begin; x < pixels.end; ++x) {
    const int32_t first = x * w.stride_width - w.pad_left;
    const TapRange columns = taps_inside(first, w.dilation_width, w.kernel_width, w.input_width);
    const int32_t at = first * w.input_pitch + columns.begin * block.step + channel;
    Sums sums = block.bias;
    for (int32_t i = rows.range.begin; i < rows.range.end; ++i) {
      const Pair* wide = block.wide + (i * w.kernel_width + columns.begin) * kTapPairs;
      add_taps(rows.at[i] + at, block.step, columns.end - columns.begin, wide, block.offset, sums);
    }
    store(conv, block, channel, sums, out + x * w.output_pitch + channel);
  }
}

// 3x3, pixels whose nine taps all lie inside the image.
void inner_columns_3x3(const DepthwiseS8& conv, const Rows& rows, const BlockRow& block, int32_t channel,
                       TapRange pixels, int8_t* out) {
  const WindowGeometry& w = conv.window;
  const int8_t* const at_rows[3] = {rows.at[0], rows.at[1], rows.at[2]};
  const int32_t advance = w.stride_width * w.input_pitch;
  int32_t at = (pixels.begin * w.stride_width - w.pad_left) * w.input_pitch + channel;
  out += channel + pixels.begin * w.output_pitch;
  int8_t* const end = out + (pixels.end - pixels.begin) * w.output_pitch;
  for (; out != end; out += w.output_pitch, at += advance) {
    Sums sums = block.bias;
    add_nine_taps(at_rows, at, block.step, block.wide, block.offset, sums);
    store(conv, block, channel, sums, out);
  }
}

// Output columns whose windows lie inside the image.
TapRange inner_columns(const WindowGeometry& w) {
  const int32_t room = w.input_width - (w.kernel_width - 1) * w.dilation_width - 1 + w.pad_left;
  const int32_t begin = (w.pad_left + w.stride_width - 1) / w.stride_width;
  const int32_t end = room < 0 ? 0 : room / w.stride_width + 1;
  return {begin, end < w.output_width ? end : w.output_width};
}

void one_row(const DepthwiseS8& conv, int32_t y) {
  const WindowGeometry& w = conv.window;
  const Rows rows(conv, y);
  const TapRange inner = inner_columns(w);
  const bool is_3x3 = w.kernel_width == 3 && w.kernel_height == 3 && rows.range.begin == 0 && rows.range.end == 3;
  const bool split = is_3x3 && inner.begin < inner.end;
  int8_t* const out = conv.output.row<int8_t>(y);
  for (int32_t channel = 0; channel < conv.input_channels; channel += kBlock) {
    const BlockRow block(conv, channel);
    if (split) {
      any_columns(conv, rows, block, channel, {0, inner.begin}, out);
      inner_columns_3x3(conv, rows, block, channel, inner, out);
      any_columns(conv, rows, block, channel, {inner.end, w.output_width}, out);
    } else {
      any_columns(conv, rows, block, channel, {0, w.output_width}, out);
    }
  }
}

}  // namespace

void depthwise_s8(const DepthwiseS8& conv, RowRange rows) {
  const WindowGeometry& w = conv.window;
  if (conv.depth_multiplier != 1 || conv.input_channels % kBlock != 0 || w.kernel_height > kMaxKernelRows) {
    portable::depthwise_s8(conv, rows);
    return;
  }
  widen_weights(conv, static_cast<Pair*>(conv.scratch));
  for (int32_t y = rows.begin; y < rows.end; ++y) one_row(conv, y);
}

}  // namespace arenite::dsp
