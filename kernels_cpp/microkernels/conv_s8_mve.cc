// Four pixels and two channels at a time: VMLADAVA adds 16 products to one sum, so that 128 products take 16
// instructions. Patches lie in groups of 16 bytes, slot by slot:
//   patch[group][slot][16]; the first group holds depth % 16 elements (or 16) of a slot, all others 16.
// The input offset is not added to the input but, times the sum of a channel's weights, to the channel's bias; taps
// outside the image are the zero point.
#include "kernels_cpp/microkernels/every_register.h"

#include "kernels_cpp/microkernels/mve.h"
#include "kernels_cpp/microkernels/patch.h"
#include "kernels_cpp/microkernels/portable.h"
#include "kernels_cpp/microkernels/vectors_mve.h"

namespace arenite::mve {
namespace {

using Tile = PixelTile<kConvTile>;
static_assert(kConvTile == kLanes, "one lane of a vector of sums per pixel");
constexpr int32_t kGroupBytes = kConvTile * kBytes;
constexpr int32_t kMinDepth = 5;    // from which on scratch holds the groups and the bytes of one patch
constexpr int32_t kChannels = 128;  // whose starting sums lie on the stack

// Puts `count` bytes into one slot, `to` in its first group: the first_group(count), then whole groups.
inline int8_t* write_groups(int8_t* to, const int8_t* source, int32_t count) {
  const int32_t first = first_group(count);
  vstrbq_s8(to, vldrbq_z_s8(source, vctp8q(static_cast<uint32_t>(first))));
  const int8_t* const end = source + count;
  for (source += first, to += kGroupBytes; source != end; source += kBytes, to += kGroupBytes) {
    vstrbq_s8(to, vldrbq_s8(source));
  }
  return to;
}

// Takes a single run, or runs of whole groups.
class SlotWriter {
 public:
  SlotWriter(int8_t* slot, int32_t zero_point) : to_(slot), zero_point_(static_cast<int8_t>(zero_point)) {}
  void copy(const int8_t* source, int32_t count) { to_ = write_groups(to_, source, count); }
  void fill(int32_t count) {
    for (; count > 0; count -= kBytes, to_ += kGroupBytes) vstrbq_s8(to_, vdupq_n_s8(zero_point_));
  }

 private:
  int8_t* to_;
  int8_t zero_point_;
};

// Gathers runs of any length.
class ByteWriter {
 public:
  ByteWriter(int8_t* to, int32_t zero_point) : to_(to), zero_point_(static_cast<int8_t>(zero_point)) {}
  void copy(const int8_t* source, int32_t count) {
    for (int32_t i = 0; i < count; i += kBytes) {
      const mve_pred16_t present = vctp8q(static_cast<uint32_t>(count - i));
      vstrbq_p_s8(to_ + i, vldrbq_z_s8(source + i, present), present);
    }
    to_ += count;
  }
  void fill(int32_t count) {
    for (int32_t i = 0; i < count; i += kBytes) {
      vstrbq_p_s8(to_ + i, vdupq_n_s8(zero_point_), vctp8q(static_cast<uint32_t>(count - i)));
    }
    to_ += count;
  }

 private:
  int8_t* to_;
  int8_t zero_point_;
};

// Some channels of one tile. The assembly knows the offsets.
struct ChannelLoop {
  int32_t sums[2 * kLanes];      // +0: of two channels
  int32_t first;                 // +32: first_group(depth)
  const int8_t* patch;           // +36
  const int8_t* weights;         // +40: of the next channel
  int32_t depth;                 // +44
  const int32_t* start;          // +48: what the sums start with
  const Multiplier* multiplier;  // +52
  int8_t* out;                   // +56: pixel 0
  int32_t zero_point;            // +60
  const int8_t* end;             // +64: of the weights
  int32_t min;                   // +68
  int32_t max;                   // +72
};
static_assert(sizeof(ChannelLoop) == 76 && sizeof(Multiplier) == 8, "offsets below");

// Of two channels from `weights` on: even registers hold the sums, r1 patch, r3 and r5 weights, r9 end of r3's.
#define ARENITE_GROUP(add)    \
  "vldrb.8 q2, [r1]\n\t"      \
  "vmladav" add               \
  ".s8 r0, q2, q0\n\t"        \
  "vldrb.8 q3, [r1, #16]\n\t" \
  "vmladav" add               \
  ".s8 r8, q2, q1\n\t"        \
  "vmladav" add               \
  ".s8 r2, q3, q0\n\t"        \
  "vldrb.8 q2, [r1, #32]\n\t" \
  "vmladav" add               \
  ".s8 r10, q3, q1\n\t"       \
  "vmladav" add               \
  ".s8 r4, q2, q0\n\t"        \
  "vldrb.8 q3, [r1, #48]\n\t" \
  "vmladav" add               \
  ".s8 r12, q2, q1\n\t"       \
  "vmladav" add               \
  ".s8 r6, q3, q0\n\t"        \
  "vmladav" add ".s8 lr, q3, q1\n\t"
#define ARENITE_PRODUCTS \
  "vctp.8 r0\n\t"                                      \
  "vpstt\n\t"                                          \
  "vldrbt.8 q0, [r3]\n\t"                              \
  "vldrbt.8 q1, [r5]\n\t"                              \
  "add r3, r0\n\t"                                     \
  "add r5, r0\n\t" ARENITE_GROUP("") "cmp r3, r9\n\t"  \
  "beq 3f\n\t"                                         \
  "2:\n\t"                                             \
  "vldrb.8 q0, [r3], #16\n\t"                          \
  "vldrb.8 q1, [r5], #16\n\t"                          \
  "adds r1, #64\n\t" ARENITE_GROUP("a") "cmp r3, r9\n\t" \
  "bne 2b\n\t"                                         \
  "3: stm r11, {r0, r2, r4, r6, r8, r10, r12, lr}\n\t"

// The sums of the next channel, for pixels in lanes; a second channel of the same weights is not looked at.
inline int32x4_t multiply(const ChannelLoop& loop) {
  register const ChannelLoop* r11 asm("r11") = &loop;
  asm volatile(
      "ldrd r0, r1, [r11, #32]\n\t"
      "ldrd r3, r9, [r11, #40]\n\t"
      "mov r5, r3\n\t"
      "add r9, r3\n\t" ARENITE_PRODUCTS
      :
      : "r"(r11)
      : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "q0", "q1", "q2", "q3", "cc",
        "memory");
  return vldrwq_s32(loop.sums);
}

// Pairs of channels with right shifts and a multiplier each: 50 instructions for eight outputs beside the products.
// `pixels`: offsets of the tile's pixels in the output.
__attribute__((noinline)) void plain_pairs(ChannelLoop& loop, uint32x4_t pixels) {
  register ChannelLoop* r11 asm("r11") = &loop;
  register uint32x4_t q4 asm("q4") = pixels;
  asm volatile(
      "ldrd r3, r0, [r11, #68]\n\t"
      "vdup.32 q5, r3\n\t"
      "vdup.32 q6, r0\n\t"
      "ldr r5, [r11, #40]\n\t"
      "1:\n\t"
      "mov r3, r5\n\t"
      "ldr r9, [r11, #44]\n\t"
      "ldrd r0, r1, [r11, #32]\n\t"
      "add r9, r3\n\t"
      "mov r5, r9\n\t" ARENITE_PRODUCTS
      "vldrw.32 q0, [r11]\n\t"
      "ldrd r0, r1, [r11, #48]\n\t"
      "vldrw.32 q1, [r11, #16]\n\t"
      "ldrd r4, r6, [r0], #8\n\t"
      "vadd.i32 q0, q0, r4\n\t"
      "ldrd r8, r9, [r1], #8\n\t"
      "vadd.i32 q1, q1, r6\n\t"
      "ldrd r10, r12, [r1], #8\n\t"
      "strd r0, r1, [r11, #48]\n\t"
      "vqrdmulh.s32 q0, q0, r8\n\t"
      "ldrd r2, r3, [r11, #56]\n\t"
      "vqrdmulh.s32 q1, q1, r10\n\t"
      "vshr.s32 q2, q0, #31\n\t"
      "vshr.s32 q3, q1, #31\n\t"
      "vadd.i32 q0, q0, q2\n\t"
      "vadd.i32 q1, q1, q3\n\t"
      "vrshl.s32 q0, r9\n\t"
      "vrshl.s32 q1, r12\n\t"
      "vadd.i32 q0, q0, r3\n\t"
      "vadd.i32 q1, q1, r3\n\t"
      "vmax.s32 q0, q0, q5\n\t"
      "vmax.s32 q1, q1, q5\n\t"
      "vmin.s32 q0, q0, q6\n\t"
      "vmin.s32 q1, q1, q6\n\t"
      "vstrb.32 q0, [r2, q4]\n\t"
      "adds r2, #1\n\t"
      "vstrb.32 q1, [r2, q4]\n\t"
      "adds r2, #1\n\t"
      "str r2, [r11, #56]\n\t"
      "ldr r3, [r11, #64]\n\t"
      "cmp r5, r3\n\t"
      "bne 1b\n\t"
      "str r5, [r11, #40]\n\t"
      :
      : "r"(r11), "w"(q4)
      : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "q0", "q1", "q2", "q3", "q5", "q6",
        "cc", "memory");
}
#undef ARENITE_GROUP
#undef ARENITE_PRODUCTS

// A run of at most kChannels channels.
class ChannelRun {
 public:
  ChannelRun(const ConvS8& conv, int32_t first)
      : conv_(conv),
        stage_(conv.stage.from_channel(first)),
        weights_(conv.weights + static_cast<ptrdiff_t>(first) * conv.depth()),
        first_(first),
        count_(conv.output_channels - first < kChannels ? conv.output_channels - first : kChannels),
        plain_(is_plain()) {
    const int32_t depth = conv.depth();
    for (int32_t c = 0; c < count_; ++c) {
      const int32_t offset = wrap_mul(conv.input_offset, sum_of(weights_ + c * depth, depth));
      start_[c] = arenite::wrap_add(offset, stage_.bias_of(c));
    }
  }

  void compute(const int8_t* patch, const Tile& tile) const {
    const int32_t depth = conv_.depth();
    const uint32x4_t pixels =
        vsubq_n_u32(vldrwq_u32(reinterpret_cast<const uint32_t*>(tile.out)), reinterpret_cast<uintptr_t>(tile.out[0]));
    const int32_t pairs_end = plain_ ? count_ & ~1 : 0;
    ChannelLoop loop = {{},
                        first_group(depth),
                        patch,
                        weights_,
                        depth,
                        start_,
                        stage_.multipliers,
                        tile.out[0] + first_,
                        stage_.zero_point,
                        weights_ + pairs_end * depth,
                        stage_.min,
                        stage_.max};
    if (pairs_end != 0) plain_pairs(loop, pixels);
    for (int32_t c = pairs_end; c < count_; ++c, loop.weights += depth) {
      store(c, multiply(loop), tile.out[0] + first_ + c, pixels);
    }
  }

 private:
  // True when plain_pairs may be used: the common case of a converted model.
  bool is_plain() const {
    if (stage_.multiplier_step != 1) return false;
    for (int32_t c = 0; c < count_; ++c) {
      if (stage_.multipliers[c].shift >= 0) return false;
    }
    return true;
  }

  void store(int32_t c, int32x4_t sums, int8_t* out, uint32x4_t pixels) const {
    int32x4_t values = requantize(wrap_add(sums, start_[c]), stage_.multiplier_of(c));
    values = wrap_add(values, stage_.zero_point);
    values = vminq_s32(vmaxq_s32(values, vdupq_n_s32(stage_.min)), vdupq_n_s32(stage_.max));
    vstrbq_scatter_offset_s32(out, pixels, values);
  }

  const ConvS8& conv_;
  const OutputStage stage_;
  const int8_t* weights_;
  int32_t first_;
  int32_t count_;
  bool plain_;
  alignas(8) int32_t start_[kChannels];
};

// Kernel rows of at most 16 bytes without gaps, of an image whose rows all lie where they belong. As many bytes may be
// written behind the last one, which needs a depth of 9 in what conv_s8_scratch_bytes leaves.
bool has_short_rows(const ConvS8& conv) {
  const WindowGeometry& w = conv.window;
  return w.dilation_width * w.input_pitch == conv.input_channels && w.kernel_width * conv.input_channels <= kBytes &&
         conv.input.ring >= w.input_height && conv.depth() > 2 * kLanes;
}

// walk_patch for such rows: one load each.
void gather_short_rows(const ConvS8& conv, int32_t y, int32_t x, int8_t* to) {
  const WindowGeometry& w = conv.window;
  const int32_t channels = conv.input_channels;
  const PixelWindow window(w, y, x);
  const mve_pred16_t before = vctp8q(static_cast<uint32_t>(window.columns.begin * channels));
  const mve_pred16_t inside =
      static_cast<mve_pred16_t>(vctp8q(static_cast<uint32_t>(window.columns.end * channels)) & ~before);
  const int8x16_t outside = vdupq_n_s8(static_cast<int8_t>(-conv.input_offset));
  const int8x16_t beside = vpselq_s8(vdupq_n_s8(0), outside, inside);
  const int32_t length = w.kernel_width * channels;
  const int32_t step = w.dilation_height * conv.input.stride;
  const int8_t* at = reinterpret_cast<const int8_t*>(conv.input.base) + window.first_y * conv.input.stride +
                     window.rows.begin * step + window.first_x * w.input_pitch;
  int32_t i = 0;
  for (; i < window.rows.begin; ++i, to += length) vstrbq_s8(to, outside);
  for (; i < window.rows.end; ++i, to += length, at += step) {
    vstrbq_s8(to, vorrq_s8(vldrbq_z_s8(at, inside), beside));
  }
  for (; i < w.kernel_height; ++i, to += length) vstrbq_s8(to, outside);
}

// Slots without a pixel of their own repeat pixel 0, because a scatter stores its lanes in no certain order.
inline void repeat_first_slot(const Tile& tile, int8_t* patch, int32_t groups) {
  for (int32_t slot = 1; slot < kConvTile; ++slot) {
    if (tile.out[slot] != tile.out[0]) continue;
    int8_t* at = patch;
    for (int32_t g = 0; g < groups; ++g, at += kGroupBytes) vstrbq_s8(at + slot * kBytes, vldrbq_s8(at));
  }
}

void channel_run(const ConvS8& conv, RowRange rows, int32_t first) {
  const ChannelRun run(conv, first);
  const int32_t depth = conv.depth();
  const int32_t groups = static_cast<int32_t>(static_cast<uint32_t>(depth + kBytes - 1) / kBytes);
  int8_t* const patch = static_cast<int8_t*>(conv.scratch);
  int8_t* const bytes = patch + groups * kGroupBytes;
  const auto compute = [&](const Tile& tile) {
    repeat_first_slot(tile, patch, groups);
    run.compute(patch, tile);
  };
  if (conv.window.taps() == 1 || conv.input_channels % kBytes == 0) {
    const auto pack = [&](int32_t slot, int32_t y, int32_t x) {
      SlotWriter writer(patch + slot * kBytes, -conv.input_offset);
      walk_patch(conv, y, x, writer);
    };
    for_each_tile<kConvTile>(conv, rows, pack, compute);
  } else {
    const bool short_rows = has_short_rows(conv);
    const auto pack = [&](int32_t slot, int32_t y, int32_t x) {
      if (short_rows) {
        gather_short_rows(conv, y, x, bytes);
      } else {
        ByteWriter writer(bytes, -conv.input_offset);
        walk_patch(conv, y, x, writer);
      }
      write_groups(patch + slot * kBytes, bytes, depth);
    };
    for_each_tile<kConvTile>(conv, rows, pack, compute);
  }
}

}  // namespace

void conv_s8(const ConvS8& conv, RowRange rows) {
  if (conv.depth() < kMinDepth) {
    portable::conv_s8(conv, rows);
    return;
  }
  for (int32_t first = 0; first < conv.output_channels; first += kChannels) channel_run(conv, rows, first);
}

}  // namespace arenite::mve
