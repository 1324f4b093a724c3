// 3x3 kernels, one channel at a time along a row of outputs, three outputs at a time: they share the loads of weights
// and of overlapping columns, so that 27 products take 63 instructions (69 with a stride of 2). Other shapes take the
// portable variant.
// The input offset is not added to the input but, times the sum of a channel's weights, to the channel's bias; columns
// outside the image are the zero point, rows outside it are left out.
#include "kernels_cpp/microkernels/every_register.h"

#include "kernels_cpp/microkernels/patch.h"
#include "kernels_cpp/microkernels/portable.h"
#include "kernels_cpp/microkernels/requantize_v7m.h"
#include "kernels_cpp/microkernels/v7m.h"

namespace arenite::v7m {
namespace {

constexpr int32_t kSide = 3;   // of the kernel
constexpr int32_t kGroup = 3;  // outputs
constexpr int32_t kTaps = kSide * kSide;

// Which columns of a group lie outside the image. The assembly knows the bits.
constexpr int32_t kFirstOutside = 2;
constexpr int32_t kLastOutside = 4;

// Groups of outputs that follow each other, of one channel. The assembly knows the offsets.
struct Run {
  const int8_t* rows[kSide + 1];  // +0, of the input that meet the kernel; null ends them
  int32_t at;                     // +16: where in the rows the group's columns begin
  int32_t at_step;                // +20, from group to group
  int32_t column;                 // +24: bytes from one column to the next
  int32_t three_columns;          // +28
  int32_t start;                  // +32, of the sums
  const int8_t* weights;          // +36, of the first of the rows
  int32_t multiplier;             // +40
  int32_t right;                  // +44: shift of the multiplier
  int32_t zero_point;             // +48, of the output
  int32_t pitch;                  // +52, of the output
  int8_t* out;                    // +56
  int8_t* end;                    // +60, of the outputs
  int32_t outside;                // +64
  int32_t input_zero_point;       // +68
};
static_assert(sizeof(Run) == 72, "offsets below");

// r0: the Run | r1 input, r2 column, r3 three columns | r4-r6 sums | r7-r9 weights, r10 x, r11 where weights are, r12
// where rows are, lr where columns begin
#define ARENITE_ADD(sum, weight) "mla " sum ", r10, " weight ", " sum "\n\t"
#define ARENITE_LOAD(column) "ldrsb r10, [r1" column "]\n\t"
#define ARENITE_COLUMNS_STRIDE_1(first, last)                                                              \
  first ARENITE_ADD("r4", "r7") ARENITE_LOAD(", r2") ARENITE_ADD("r4", "r8") ARENITE_ADD("r5", "r7")       \
      ARENITE_LOAD(", r2, lsl #1") ARENITE_ADD("r4", "r9") ARENITE_ADD("r5", "r8") ARENITE_ADD("r6", "r7") \
          ARENITE_LOAD(", r3") ARENITE_ADD("r5", "r9") ARENITE_ADD("r6", "r8") last(", r2, lsl #2")        \
              ARENITE_ADD("r6", "r9")
#define ARENITE_COLUMNS_STRIDE_2(first, last)                                                                   \
  first ARENITE_ADD("r4", "r7") ARENITE_LOAD(", r2") ARENITE_ADD("r4", "r8") ARENITE_LOAD(", r2, lsl #1")       \
      ARENITE_ADD("r4", "r9") ARENITE_ADD("r5", "r7") ARENITE_LOAD(", r3") ARENITE_ADD("r5", "r8")              \
          ARENITE_LOAD(", r2, lsl #2") ARENITE_ADD("r5", "r9")                                                  \
              ARENITE_ADD("r6", "r7") "add r1, r1, r2, lsl #2\n\t" ARENITE_LOAD(", r2") ARENITE_ADD("r6", "r8") \
                  last(", r2, lsl #1") ARENITE_ADD("r6", "r9")
// The first and the last column where they may lie outside: flags N and C say so until the row ends.
#define ARENITE_FIRST_AT_EDGE \
  "ldr r10, [r0, #64]\n\t"    \
  "lsls r10, r10, #30\n\t"    \
  "ldr r10, [r0, #68]\n\t"    \
  "it pl\n\t"                 \
  "ldrsbpl r10, [r1]\n\t"
#define ARENITE_LAST_AT_EDGE(column) \
  "ldr r10, [r0, #68]\n\t"           \
  "it cc\n\t"                        \
  "ldrsbcc r10, [r1" column "]\n\t"
#define ARENITE_OUTPUT(sum, address) \
  ARENITE_SCALE(sum, "r7", "r10") ARENITE_SHIFT(sum, "r8", "r9") "strb " sum ", [r11" address "]\n\t"
#define ARENITE_RUN(columns) \
  "1:\n\t"                        \
  "ldr lr, [r0, #16]\n\t"         \
  "ldrd r2, r3, [r0, #24]\n\t"    \
  "ldrd r4, r11, [r0, #32]\n\t"   \
  "mov r5, r4\n\t"                \
  "mov r6, r4\n\t"                \
  "mov r12, r0\n\t"               \
  "ldr r1, [r12], #4\n\t"         \
  "2:\n\t"                        \
  "add r1, r1, lr\n\t"            \
  "ldrsb r7, [r11], #1\n\t"       \
  "ldrsb r8, [r11], #1\n\t"       \
  "ldrsb r9, [r11], #1\n\t"       \
  columns                         \
  "ldr r1, [r12], #4\n\t"         \
  "cmp r1, #0\n\t"                \
  "bne 2b\n\t"                    \
  "ldr r1, [r0, #20]\n\t"         \
  "add lr, lr, r1\n\t"            \
  "str lr, [r0, #16]\n\t"         \
  "ldrd r7, r8, [r0, #40]\n\t"    \
  "ldrd r9, r12, [r0, #48]\n\t"   \
  "ldrd r11, r1, [r0, #56]\n\t"   \
  ARENITE_OUTPUT("r4", "") ARENITE_OUTPUT("r5", ", r12") ARENITE_OUTPUT("r6", ", r12, lsl #1") \
  "add r11, r11, r12, lsl #1\n\t" \
  "add r11, r11, r12\n\t"         \
  "str r11, [r0, #56]\n\t"        \
  "cmp r11, r1\n\t"               \
  "bne 1b\n\t"
#define ARENITE_RUN_FUNCTION(name, columns)                                                                          \
  __attribute__((noinline)) void name(Run& run) {                                                                    \
    register Run* r0 asm("r0") = &run;                                                                               \
    asm volatile(ARENITE_RUN(columns)                                                                                \
                 :                                                                                                   \
                 : "r"(r0)                                                                                           \
                 : "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory"); \
  }
ARENITE_RUN_FUNCTION(inner_stride_1, ARENITE_COLUMNS_STRIDE_1(ARENITE_LOAD(""), ARENITE_LOAD))
ARENITE_RUN_FUNCTION(inner_stride_2, ARENITE_COLUMNS_STRIDE_2(ARENITE_LOAD(""), ARENITE_LOAD))
ARENITE_RUN_FUNCTION(edge_stride_1, ARENITE_COLUMNS_STRIDE_1(ARENITE_FIRST_AT_EDGE, ARENITE_LAST_AT_EDGE))
ARENITE_RUN_FUNCTION(edge_stride_2, ARENITE_COLUMNS_STRIDE_2(ARENITE_FIRST_AT_EDGE, ARENITE_LAST_AT_EDGE))
#undef ARENITE_ADD
#undef ARENITE_LOAD
#undef ARENITE_COLUMNS_STRIDE_1
#undef ARENITE_COLUMNS_STRIDE_2
#undef ARENITE_FIRST_AT_EDGE
#undef ARENITE_LAST_AT_EDGE
#undef ARENITE_OUTPUT
#undef ARENITE_RUN
#undef ARENITE_RUN_FUNCTION

// Groups of a row of outputs that lie alike in the image.
struct Span {
  int32_t first;   // output column
  int32_t groups;  // > 0
  int32_t outside;
};

// How a row of outputs is cut into spans. The last group may repeat outputs of the one before.
class Spans {
 public:
  explicit Spans(const WindowGeometry& w) : w_(w) {
    int32_t x = 0;
    if (w.pad_left > 0) {
      add(x, 1);
      x = kGroup;
    }
    const int32_t inside = (w.input_width - kSide + w.pad_left) / w.stride_width + 1;  // outputs before the right edge
    const int32_t groups = (inside - x) / kGroup;
    if (groups > 0) {
      add(x, groups);
      x += groups * kGroup;
    }
    if (x < w.output_width) add(w.output_width - kGroup, 1);
  }

  const Span* begin() const { return spans_; }
  const Span* end() const { return spans_ + count_; }

 private:
  void add(int32_t first, int32_t groups) {
    const int32_t first_column = first * w_.stride_width - w_.pad_left;
    const int32_t last_column = first_column + (groups * kGroup - 1) * w_.stride_width + kSide - 1;
    const int32_t outside = (first_column < 0 ? kFirstOutside : 0) | (last_column >= w_.input_width ? kLastOutside : 0);
    spans_[count_++] = {first, groups, outside};
  }

  const WindowGeometry& w_;
  Span spans_[3];
  int32_t count_ = 0;
};

// True when at most one column on either side lies outside the image, and the above knows the kernel.
bool fits(const DepthwiseS8& conv) {
  const WindowGeometry& w = conv.window;
  if (conv.depth_multiplier != 1 || w.kernel_height != kSide || w.kernel_width != kSide) return false;
  if (w.dilation_width != 1 || w.stride_width > 2 || w.output_width < kGroup) return false;
  const int32_t last_column = (w.output_width - 1) * w.stride_width - w.pad_left + kSide - 1;
  return w.pad_left <= 1 && last_column <= w.input_width && shifts_right(conv.stage, conv.input_channels);
}

// All channels of one call. Scratch holds the weights channel by channel and what the sums start with.
class Channels {
 public:
  explicit Channels(const DepthwiseS8& conv)
      : conv_(conv),
        starts_(static_cast<int32_t*>(conv.scratch)),
        weights_(reinterpret_cast<int8_t*>(starts_ + conv.input_channels)),
        spans_(conv.window),
        summed_({0, 0}) {
    const int32_t channels = conv.input_channels;
    int8_t* to = weights_;
    for (int32_t c = 0; c < channels; ++c) {
      for (int32_t tap = 0; tap < kTaps; ++tap) *to++ = conv.weights[tap * channels + c];
    }
  }

  // One row of outputs whose window meets kernel rows `taps`, at least one.
  void row(int32_t y, TapRange taps) {
    const WindowGeometry& w = conv_.window;
    if (taps.begin != summed_.begin || taps.end != summed_.end) sum_weights(taps);
    Run run = {};
    const int32_t first_y = y * w.stride_height - w.pad_top;
    for (int32_t i = taps.begin; i < taps.end; ++i) {
      run.rows[i - taps.begin] = conv_.input.row<int8_t>(first_y + i * w.dilation_height);
    }
    run.column = w.input_pitch;
    run.three_columns = 3 * w.input_pitch;
    run.at_step = kGroup * w.stride_width * w.input_pitch;
    run.zero_point = conv_.stage.zero_point;
    run.pitch = w.output_pitch;
    run.input_zero_point = -conv_.input_offset;
    int8_t* const out = conv_.output.row<int8_t>(y);
    for (int32_t c = 0; c < conv_.input_channels; ++c) channel(run, c, taps, out + c);
    if (!clamps_to_int8(conv_.stage)) clamp_row(out);
  }

 private:
  void channel(Run& run, int32_t c, TapRange taps, int8_t* out) const {
    const WindowGeometry& w = conv_.window;
    const Multiplier m = conv_.stage.multiplier_of(c);
    run.start = starts_[c];
    run.weights = weights_ + c * kTaps + taps.begin * kSide;
    run.multiplier = m.multiplier;
    run.right = -m.shift;
    for (const Span& span : spans_) {
      run.at = (span.first * w.stride_width - w.pad_left) * w.input_pitch + c;
      run.out = out + span.first * w.output_pitch;
      run.end = run.out + span.groups * kGroup * w.output_pitch;
      run.outside = span.outside;
      compute(run);
    }
  }

  void compute(Run& run) const {
    if (conv_.window.stride_width == 1) {
      run.outside == 0 ? inner_stride_1(run) : edge_stride_1(run);
    } else {
      run.outside == 0 ? inner_stride_2(run) : edge_stride_2(run);
    }
  }

  // starts_[c] = bias + input offset * weights of the kernel's rows `taps`.
  void sum_weights(TapRange taps) {
    const int8_t* weights = weights_;
    for (int32_t c = 0; c < conv_.input_channels; ++c, weights += kTaps) {
      int32_t sum = 0;
      for (int32_t i = taps.begin * kSide; i < taps.end * kSide; ++i) sum += weights[i];
      starts_[c] = wrap_add(wrap_mul(sum, conv_.input_offset), conv_.stage.bias_of(c));
    }
    summed_ = taps;
  }

  void clamp_row(int8_t* out) const {
    for (int32_t x = 0; x < conv_.window.output_width; ++x, out += conv_.window.output_pitch) {
      for (int32_t c = 0; c < conv_.input_channels; ++c) {
        out[c] = static_cast<int8_t>(clamp(out[c], conv_.stage.min, conv_.stage.max));
      }
    }
  }

  const DepthwiseS8& conv_;
  int32_t* const starts_;
  int8_t* const weights_;
  const Spans spans_;
  TapRange summed_;  // the kernel's rows whose weights are in starts_
};
static_assert(sizeof(int32_t) + kTaps <= 2 * kTaps, "depthwise_s8_scratch_bytes");

}  // namespace

void depthwise_s8(const DepthwiseS8& conv, RowRange rows) {
  if (!fits(conv)) {
    portable::depthwise_s8(conv, rows);
    return;
  }
  const WindowGeometry& w = conv.window;
  Channels channels(conv);
  for (int32_t y = rows.begin; y < rows.end; ++y) {
    const int32_t first = y * w.stride_height - w.pad_top;
    const TapRange taps = taps_inside(first, w.dilation_height, kSide, w.input_height);
    if (taps.begin == taps.end) {
      portable::depthwise_s8(conv, {y, y + 1});
    } else {
      channels.row(y, taps);
    }
  }
}

}  // namespace arenite::v7m
