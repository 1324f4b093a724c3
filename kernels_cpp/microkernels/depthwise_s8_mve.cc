// 16 channels at a time. VMULLB and VMULLT multiply the even and the odd bytes to int16; the products of two taps fit
// int16 together unless a weight is -128, and are then widened to four vectors of int32:
//   lanes of sums[0]: channels 0, 4, 8, 12 | [1]: 1, 5, 9, 13 | [2]: 2, 6, 10, 14 | [3]: 3, 7, 11, 15
// The input offset is not added to the input but, times the sum of a channel's weights, to the channel's bias; taps
// outside the image read the zero point.
#include "kernels_cpp/microkernels/every_register.h"

#include "kernels_cpp/microkernels/mve.h"
#include "kernels_cpp/microkernels/patch.h"
#include "kernels_cpp/microkernels/portable.h"
#include "kernels_cpp/microkernels/vectors_mve.h"

namespace arenite::mve {
namespace {

constexpr int32_t kMaxTaps = 64;

// Constants of 16 channels, in the order of the sums. The assembly knows the offsets.
struct Block {
  int32_t start[4][kLanes];       // +0
  int32_t multiplier[4][kLanes];  // +64
  int32_t shift[4][kLanes];       // +128

  void fill(const OutputStage& stage, int32_t count) {
    for (int32_t c = 0; c < kBytes; ++c) {
      const Multiplier m = c < count ? stage.multiplier_of(c) : Multiplier{0, -1};
      start[c % 4][c / 4] = c < count ? stage.bias_of(c) : 0;
      multiplier[c % 4][c / 4] = m.multiplier;
      shift[c % 4][c / 4] = m.shift;
    }
  }

  // For 16 channels of which `present` exist.
  void add_to_start(const int8_t* weights, int32_t taps, int32_t channels, mve_pred16_t present, int32_t offset) {
    int16x8_t even = vdupq_n_s16(0);  // at most kMaxTaps * 127
    int16x8_t odd = even;
    for (; taps > 0; --taps, weights += channels) {
      const int8x16_t w = vldrbq_z_s8(weights, present);
      even = vaddq_s16(even, vmovlbq_s8(w));
      odd = vaddq_s16(odd, vmovltq_s8(w));
    }
    vstrwq_s32(start[0], vmlaq_n_s32(vldrwq_s32(start[0]), vmovlbq_s16(even), offset));
    vstrwq_s32(start[1], vmlaq_n_s32(vldrwq_s32(start[1]), vmovlbq_s16(odd), offset));
    vstrwq_s32(start[2], vmlaq_n_s32(vldrwq_s32(start[2]), vmovltq_s16(even), offset));
    vstrwq_s32(start[3], vmlaq_n_s32(vldrwq_s32(start[3]), vmovltq_s16(odd), offset));
  }
};
static_assert(sizeof(Block) == 192, "offsets below");

// A run of output pixels whose taps move on by `advance` bytes from pixel to pixel. The assembly knows the offsets.
struct Pixels {
  const int8_t* const* taps;  // +0, of the first pixel
  const int8_t* weights;      // +4, those of one tap after the other lie `channels` apart
  int32_t channels;           // +8
  const Block* block;         // +12
  int8_t* out;                // +16
  int8_t* end;                // +20, of the outputs
  int32_t pitch;              // +24, of the outputs
  int32_t advance;            // +28
  int32_t taps_count;         // +32
  int32_t zero_point;         // +36
  int32_t min;                // +40
  int32_t max;                // +44
  uint32_t present;           // +48, channels
  int32_t first;              // +52: where in the taps the channels begin
};
static_assert(sizeof(Pixels) == 56, "offsets below");

// `when` and `t` make loads conditional on the channel's presence.
//
// r0: the Pixels | r1 taps, r2 and r3 inputs, r4 weights, r5 channels, r6 Block, r7 taps left, r8 offset of the pixel's
// taps, r9 outputs, r10 zero point, r12 scratch | q0-q3 sums, q4-q7 products.
#define ARENITE_WIDEN_AND_ADD \
  "vmovlb.s16 q5, q6\n\t"     \
  "vmovlt.s16 q7, q6\n\t"     \
  "vadd.i32 q0, q0, q5\n\t"   \
  "vadd.i32 q2, q2, q7\n\t"   \
  "vmovlb.s16 q5, q4\n\t"     \
  "vmovlt.s16 q7, q4\n\t"     \
  "vadd.i32 q1, q1, q5\n\t"   \
  "vadd.i32 q3, q3, q7\n\t"
#define ARENITE_SCALE(sum, multiplier, shift) \
  "vldrw.32 q4, [r6, #" multiplier            \
  "]\n\t"                                     \
  "vldrw.32 q5, [r6, #" shift                 \
  "]\n\t"                                     \
  "vqrdmulh.s32 " sum ", " sum                \
  ", q4\n\t"                                  \
  "vshr.s32 q6, " sum                         \
  ", #31\n\t"                                 \
  "vadd.i32 " sum ", " sum                    \
  ", q6\n\t"                                  \
  "vrshl.s32 " sum ", " sum                   \
  ", q5\n\t"                                  \
  "vadd.i32 " sum ", " sum ", r10\n\t"
#define ARENITE_PIXELS(if_one, if_two, t) \
  "ldr r12, [%[run], #48]\n\t"            \
  "vctp.8 r12\n\t"                        \
  "ldr r5, [%[run], #8]\n\t"              \
  "ldrd r6, r9, [%[run], #12]\n\t"        \
  "ldr r10, [%[run], #36]\n\t"            \
  "ldr r8, [%[run], #52]\n\t"\
  "1:\n\t"                                \
  "ldrd r1, r4, [%[run]]\n\t"             \
  "ldr r7, [%[run], #32]\n\t"             \
  "vldrw.32 q0, [r6]\n\t"                 \
  "vldrw.32 q1, [r6, #16]\n\t"            \
  "vldrw.32 q2, [r6, #32]\n\t"            \
  "vldrw.32 q3, [r6, #48]\n\t"            \
  "subs r7, #2\n\t"                       \
  "blt 3f\n\t"                            \
  "2:\n\t"                                \
  "ldrd r2, r3, [r1], #8\n\t"             \
  "add r2, r8\n\t"                        \
  "add r3, r8\n\t" if_two                 \
  "vldrb" t                               \
  ".8 q4, [r2]\n\t"                       \
  "vldrb" t                               \
  ".8 q5, [r4]\n\t"                       \
  "add r4, r5\n\t"                        \
  "vmullb.s8 q6, q4, q5\n\t"              \
  "vmullt.s8 q4, q4, q5\n\t" if_two       \
  "vldrb" t                               \
  ".8 q7, [r3]\n\t"                       \
  "vldrb" t                               \
  ".8 q5, [r4]\n\t"                       \
  "add r4, r5\n\t"                        \
  "vmullb.s8 q7, q7, q5\n\t"              \
  "vadd.i16 q6, q6, q7\n\t" if_one        \
  "vldrb" t                               \
  ".8 q7, [r3]\n\t" /* again: no register is free to keep it */ \
  "vmullt.s8 q7, q7, q5\n\t"              \
  "vadd.i16 q4, q4, q7\n\t" ARENITE_WIDEN_AND_ADD \
  "subs r7, #2\n\t"                       \
  "bge 2b\n\t"                            \
  "3:\n\t"                                \
  "adds r7, #1\n\t"                       \
  "bne 4f\n\t"                            \
  "ldr r2, [r1]\n\t"                      \
  "add r2, r8\n\t" if_two                 \
  "vldrb" t                               \
  ".8 q4, [r2]\n\t"                       \
  "vldrb" t                               \
  ".8 q5, [r4]\n\t"                       \
  "vmullb.s8 q6, q4, q5\n\t"              \
  "vmullt.s8 q4, q4, q5\n\t" ARENITE_WIDEN_AND_ADD \
  "4:\n\t"                                \
  ARENITE_SCALE("q0", "64", "128")        \
  ARENITE_SCALE("q1", "80", "144")        \
  ARENITE_SCALE("q2", "96", "160")        \
  ARENITE_SCALE("q3", "112", "176")       \
  "ldrd r2, r3, [%[run], #40]\n\t"        \
  "vqmovnb.s32 q0, q0\n\t"                \
  "vqmovnt.s32 q0, q2\n\t"                \
  "vqmovnb.s32 q1, q1\n\t"                \
  "vqmovnt.s32 q1, q3\n\t"                \
  "vqmovnb.s16 q0, q0\n\t"                \
  "vqmovnt.s16 q0, q1\n\t"                \
  "vdup.8 q2, r2\n\t"                     \
  "vdup.8 q3, r3\n\t"                     \
  "vmax.s8 q0, q0, q2\n\t"                \
  "vmin.s8 q0, q0, q3\n\t" if_one         \
  "vstrb" t                               \
  ".8 q0, [r9]\n\t"                       \
  "ldrd r2, r3, [%[run], #20]\n\t"        \
  "add r9, r3\n\t"                        \
  "ldr r3, [%[run], #28]\n\t"             \
  "add r8, r3\n\t"                        \
  "cmp r9, r2\n\t"                        \
  "bne 1b\n\t"
#define ARENITE_CLOBBERED                                                                                             \
  "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r12", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", \
      "cc", "memory"

__attribute__((noinline)) void compute_16(const Pixels& run) {
  asm volatile(ARENITE_PIXELS("", "", "") : : [run] "r"(&run) : ARENITE_CLOBBERED);
}

__attribute__((noinline)) void compute_present(const Pixels& run) {
  asm volatile(ARENITE_PIXELS("vpst\n\t", "vpstt\n\t", "t") : : [run] "r"(&run) : ARENITE_CLOBBERED);
}
#undef ARENITE_WIDEN_AND_ADD
#undef ARENITE_SCALE
#undef ARENITE_PIXELS
#undef ARENITE_CLOBBERED

constexpr int32_t kBlockBytes = sizeof(Block) + kBytes;  // with its part of the zero points

// One call's `count` channels from `channel` on. memory: kBlockBytes for each 16.
class Channels {
 public:
  Channels(const DepthwiseS8& conv, int32_t channel, int32_t count, void* memory)
      : conv_(conv),
        w_(conv.window),
        channel_(channel),
        count_(count),
        blocks_(static_cast<Block*>(memory)),
        zero_points_(reinterpret_cast<int8_t*>(blocks_ + (count + kBytes - 1) / kBytes)) {
    for (int32_t c = 0; c < count; c += kBytes) {
      const int32_t present = at_most_a_block(count - c);
      Block& block = blocks_[c / kBytes];
      block.fill(conv.stage.from_channel(channel + c), present);
      block.add_to_start(conv.weights + channel + c, w_.taps(), conv.input_channels,
                         vctp8q(static_cast<uint32_t>(present)), conv.input_offset);
      vstrbq_s8(zero_points_ + c, vdupq_n_s8(static_cast<int8_t>(-conv.input_offset)));
    }
  }

  void row(int32_t y) const {
    const TapRange inner = inner_columns(y);
    for (int32_t x = 0; x < inner.begin; ++x) pixels(y, {x, x + 1});
    if (inner.begin < inner.end) pixels(y, inner);
    for (int32_t x = inner.end; x < w_.output_width; ++x) pixels(y, {x, x + 1});
  }

 private:
  static int32_t at_most_a_block(int32_t channels) { return channels < kBytes ? channels : kBytes; }

  // Pixels whose taps all lie inside the image.
  TapRange inner_columns(int32_t y) const {
    const int32_t first_y = y * w_.stride_height - w_.pad_top;
    const bool inside = first_y >= 0 && first_y + (w_.kernel_height - 1) * w_.dilation_height < w_.input_height;
    const int32_t room = w_.input_width - (w_.kernel_width - 1) * w_.dilation_width - 1 + w_.pad_left;
    if (!inside || room < 0) return {0, 0};
    const int32_t begin = (w_.pad_left + w_.stride_width - 1) / w_.stride_width;
    const int32_t end = room / w_.stride_width + 1;
    if (begin >= end || begin >= w_.output_width) return {0, 0};
    return {begin, end < w_.output_width ? end : w_.output_width};
  }

  // The taps of a pixel, row by row; outside the image the zero point.
  void find_taps(int32_t y, int32_t x, const int8_t** taps) const {
    const int32_t first_x = x * w_.stride_width - w_.pad_left;
    const TapRange columns = taps_inside(first_x, w_.dilation_width, w_.kernel_width, w_.input_width);
    const int32_t step = w_.dilation_width * w_.input_pitch;
    int32_t input_y = y * w_.stride_height - w_.pad_top;
    for (int32_t i = 0; i < w_.kernel_height; ++i, input_y += w_.dilation_height) {
      TapRange present = columns;
      if (input_y < 0 || input_y >= w_.input_height) present = {w_.kernel_width, w_.kernel_width};
      int32_t j = 0;
      for (; j < present.begin; ++j) *taps++ = zero_points_;
      if (j == w_.kernel_width) continue;
      const int8_t* at = conv_.input.row<int8_t>(input_y) + (first_x * w_.input_pitch + j * step + channel_);
      for (; j < present.end; ++j, at += step) *taps++ = at;
      for (; j < w_.kernel_width; ++j) *taps++ = zero_points_;
    }
  }

  // Pixels that all lie inside the image, or a single one.
  void pixels(int32_t y, TapRange range) const {
    const int8_t* taps[kMaxTaps];
    find_taps(y, range.begin, taps);
    int8_t* const out = conv_.output.row<int8_t>(y) + range.begin * w_.output_pitch + channel_;
    Pixels run = {taps,
                  conv_.weights + channel_,
                  conv_.input_channels,
                  blocks_,
                  out,
                  out + (range.end - range.begin) * w_.output_pitch,
                  w_.output_pitch,
                  w_.stride_width * w_.input_pitch,
                  w_.taps(),
                  conv_.stage.zero_point,
                  conv_.stage.min,
                  conv_.stage.max,
                  kBytes,
                  0};
    for (; run.first + kBytes <= count_; run.first += kBytes) {
      compute_16(run);
      run.weights += kBytes;
      ++run.block;
      run.out += kBytes;
      run.end += kBytes;
    }
    if (run.first == count_) return;
    run.present = static_cast<uint32_t>(count_ - run.first);
    compute_present(run);
  }

  const DepthwiseS8& conv_;
  const WindowGeometry& w_;
  const int32_t channel_;
  const int32_t count_;
  Block* const blocks_;
  int8_t* const zero_points_;
};

bool has_smallest_weight(const DepthwiseS8& conv) {
  int8_t smallest = 0;
  const int32_t weights = conv.window.taps() * conv.input_channels;
  for (int32_t i = 0; i < weights; i += kBytes) {
    smallest = vminvq_s8(smallest, vldrbq_z_s8(conv.weights + i, vctp8q(static_cast<uint32_t>(weights - i))));
  }
  return smallest == INT8_MIN;
}

bool shifts_right(const DepthwiseS8& conv) {
  const int32_t multipliers = conv.stage.multiplier_step == 0 ? 1 : conv.input_channels;
  for (int32_t i = 0; i < multipliers; ++i) {
    if (conv.stage.multipliers[i].shift >= 0) return false;
  }
  return true;
}

}  // namespace

void depthwise_s8(const DepthwiseS8& conv, RowRange rows) {
  if (conv.depth_multiplier != 1 || conv.window.taps() > kMaxTaps || !shifts_right(conv) || has_smallest_weight(conv)) {
    portable::depthwise_s8(conv, rows);
    return;
  }
  alignas(8) uint8_t one_block[kBlockBytes];  // where scratch is too small
  const uint32_t scratch_bytes = depthwise_s8_scratch_bytes(conv.window.taps(), conv.input_channels);
  const int32_t capacity = static_cast<int32_t>(scratch_bytes) / kBlockBytes;
  void* const memory = capacity == 0 ? one_block : conv.scratch;
  const int32_t step = (capacity == 0 ? 1 : capacity) * kBytes;
  for (int32_t channel = 0; channel < conv.input_channels; channel += step) {
    const int32_t rest = conv.input_channels - channel;
    const Channels channels(conv, channel, rest < step ? rest : step, memory);
    for (int32_t y = rows.begin; y < rows.end; ++y) channels.row(y);
  }
}

}  // namespace arenite::mve
