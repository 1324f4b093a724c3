// Four pixels at a time, two in a word: patch[k][0] = x0[k] + x1[k] * 2^16, patch[k][1] the same of pixels 2 and 3. One
// multiplication by a weight gives the products of two pixels. A half holds two products, as |x * w| <= 2^14, so of
//   p = patch[k] * w[k] + patch[k + 1] * w[k + 1]
// the upper half is what two elements of depth add to pixel 1, once the lower half is made positive. All p together are
// sum0 + sum1 * 2^16 modulo 2^32, from which sum0 follows. 8 products take 11 instructions, 16 of them 24.
// The input offset does not fit: the offset times the sum of a channel's weights goes into its bias, and taps outside
// the image are the zero point.
#include "kernels_cpp/microkernels/every_register.h"

#include <cstring>

#include "kernels_cpp/microkernels/patch.h"
#include "kernels_cpp/microkernels/portable.h"
#include "kernels_cpp/microkernels/requantize_v7m.h"
#include "kernels_cpp/microkernels/v7m.h"

namespace arenite::v7m {
namespace {

using Tile = PixelTile<kConvTile>;
static_assert(kConvTile == 4, "the inner loop is written for four pixels");
constexpr int32_t kPairs = kConvTile / 2;  // words of patch per element of depth
constexpr int32_t kMinDepth = 4;           // below, the loop would begin in its middle
constexpr int32_t kChannels = 64;          // that share the packing of a patch; their biases are on the stack

// The first pixel of a pair: to[kPairs * i] = source[i]. Not inlined: called for each run of a patch.
__attribute__((noinline)) int32_t* put_low(int32_t* to, const int8_t* source, int32_t count) {
  for (; count >= 4; count -= 4, source += 4, to += 4 * kPairs) {
    to[0 * kPairs] = source[0];
    to[1 * kPairs] = source[1];
    to[2 * kPairs] = source[2];
    to[3 * kPairs] = source[3];
  }
  for (; count > 0; --count, to += kPairs) *to = *source++;
  return to;
}

inline void add_high_to(int32_t* to, int32_t value) { *to = wrap_add(*to, value * (1 << 16)); }

// The second pixel of a pair.
__attribute__((noinline)) int32_t* add_high(int32_t* to, const int8_t* source, int32_t count) {
  for (; count >= 4; count -= 4, source += 4, to += 4 * kPairs) {
    add_high_to(to + 0 * kPairs, source[0]);
    add_high_to(to + 1 * kPairs, source[1]);
    add_high_to(to + 2 * kPairs, source[2]);
    add_high_to(to + 3 * kPairs, source[3]);
  }
  for (; count > 0; --count, to += kPairs) add_high_to(to, *source++);
  return to;
}

class SlotWriter {
 public:
  SlotWriter(int32_t* patch, int32_t slot, int32_t zero_point)
      : to_(patch + slot / 2), high_(slot % 2 != 0), zero_point_(zero_point) {}
  void copy(const int8_t* source, int32_t count) {
    to_ = high_ ? add_high(to_, source, count) : put_low(to_, source, count);
  }
  void fill(int32_t count) {
    for (; count > 0; --count, to_ += kPairs) {
      if (high_) {
        add_high_to(to_, zero_point_);
      } else {
        *to_ = zero_point_;
      }
    }
  }

 private:
  int32_t* to_;
  bool high_;
  int32_t zero_point_;
};

// The sum of `count` weights, four at a time: even and odd bytes, made positive, add up in halves of a word.
int32_t sum_of(const int8_t* weights, int32_t count) {
  constexpr int32_t kWords = 256;  // that a half can take
  constexpr uint32_t kHalves = 0x00FF00FF;
  int32_t sum = -128 * (count & ~3);
  while (count >= 4) {
    const int32_t words = count / 4 < kWords ? count / 4 : kWords;
    const int8_t* const end = weights + 4 * words;
    uint32_t even = 0;
    uint32_t odd = 0;
    for (; weights != end; weights += 4) {
      uint32_t word;
      std::memcpy(&word, weights, sizeof word);
      word ^= 0x80808080;
      even += word & kHalves;
      odd += (word >> 8) & kHalves;
    }
    sum += static_cast<int32_t>((even & 0xFFFF) + (even >> 16) + (odd & 0xFFFF) + (odd >> 16));
    count -= 4 * words;
  }
  for (; count > 0; --count) sum += *weights++;
  return sum;
}

// What the loop over channels keeps in memory: its inner loop needs all registers. The assembly knows the offsets.
struct ChannelLoop {
  int8_t* out[kConvTile];        // +0, slot 3 first
  int32_t zero_point;            // +16
  const int8_t* weights;         // +20
  const int8_t* end;             // +24, of all weights
  const int32_t* patch;          // +28
  int32_t pairs_depth;           // +32: depth without an odd last element
  const int32_t* start;          // +36: bias and offset of a channel, and the number of p
  int32_t low_start;             // +40: 2^15 times the number of p
  const Multiplier* multiplier;  // +44
  int32_t multiplier_bytes;      // +48, from one channel to the next
  int32_t odd;                   // +52: 1 when depth is odd
};
static_assert(sizeof(ChannelLoop) == 56 && sizeof(Multiplier) == 8, "offsets below");

// r0: the ChannelLoop, or kLow in the inner loop | r1 patch, r2 weights, lr end of the channel's weights | r3 all p of
// pixels 0 and 1, r4 sum1, r5 all p of pixels 2 and 3, r6 sum3 | r7, r12 weights | r8-r11 patch
//
// kLow = 2^15 - 1 - 2^16 is part of every p: its lower half makes the lower half of p positive, up to two products of
// (-128)^2; its upper half keeps the upper half of p in 16 bits, and is why start counts the p.
#define ARENITE_ADD_PAIR        \
  "add r3, r3, r8\n\t"          \
  "add r4, r4, r8, asr #16\n\t" \
  "add r5, r5, r9\n\t"          \
  "add r6, r6, r9, asr #16\n\t"
#define ARENITE_GROUP        \
  "ldmia r1!, {r8-r11}\n\t"  \
  "ldrsb r7, [r2], #1\n\t"   \
  "ldrsb r12, [r2], #1\n\t"  \
  "mla r8, r8, r7, r0\n\t"   \
  "mla r9, r9, r7, r0\n\t"   \
  "mla r8, r10, r12, r8\n\t" \
  "mla r9, r11, r12, r9\n\t" ARENITE_ADD_PAIR
#define ARENITE_STORE(sum, out) ARENITE_SHIFT(sum, "r2", "r12") "strb " sum ", [" out "], #1\n\t"
void compute_channels(ChannelLoop& loop) {
  register ChannelLoop* r0 asm("r0") = &loop;
  asm volatile(
      "push {r0}\n\t"
      "ldr r2, [r0, #20]\n\t"
      "1:\n\t"
      "ldrd lr, r7, [r0, #32]\n\t"
      "ldr r1, [r0, #28]\n\t"
      "ldr r8, [r0, #40]\n\t"
      "ldr r4, [r7], #4\n\t"
      "str r7, [r0, #36]\n\t"
      "add r3, r4, r4, lsl #16\n\t"
      "sub r3, r3, r8\n\t"
      "mov r5, r3\n\t"
      "mov r6, r4\n\t"
      "mvn r0, #0x8000\n\t"  // kLow
      "tst lr, #2\n\t"
      "add lr, lr, r2\n\t"
      "bne 3f\n\t"  // an odd number of groups starts in the middle
      "2:\n\t" ARENITE_GROUP
      "3:\n\t" ARENITE_GROUP
      "cmp r2, lr\n\t"
      "bne 2b\n\t"
      "ldr r0, [sp]\n\t"
      "ldr r7, [r0, #52]\n\t"
      "cmp r7, #0\n\t"
      "beq 4f\n\t"
      "ldrd r8, r9, [r1]\n\t"
      "ldrsb r7, [r2], #1\n\t"
      "mvn r12, #0x8000\n\t"
      "mla r8, r8, r7, r12\n\t"
      "mla r9, r9, r7, r12\n\t" ARENITE_ADD_PAIR
      "4:\n\t"
      "sub r3, r3, r4, lsl #16\n\t"  // sum0
      "sub r5, r5, r6, lsl #16\n\t"  // sum2
      "ldrd r7, r8, [r0, #44]\n\t"
      "str r2, [r0, #20]\n\t"
      "ldrd r1, r2, [r7]\n\t"
      "add r7, r7, r8\n\t"
      "str r7, [r0, #44]\n\t"
      "rsb r2, r2, #0\n\t"
      "ldmia r0, {r8-r12}\n\t"
      ARENITE_SCALE("r6", "r1", "r7")
      ARENITE_STORE("r6", "r8")
      ARENITE_SCALE("r5", "r1", "r7")
      ARENITE_STORE("r5", "r9")
      ARENITE_SCALE("r4", "r1", "r7")
      ARENITE_STORE("r4", "r10")
      ARENITE_SCALE("r3", "r1", "r7")
      ARENITE_STORE("r3", "r11")
      "stmia r0, {r8-r11}\n\t"
      "ldrd r2, r7, [r0, #20]\n\t"
      "cmp r2, r7\n\t"
      "bne 1b\n\t"
      "pop {r0}\n\t"
      : "+r"(r0)
      :
      : "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
}
#undef ARENITE_ADD_PAIR
#undef ARENITE_GROUP
#undef ARENITE_STORE

void clamp_outputs(const Tile& tile, int32_t first, int32_t count, const OutputStage& stage) {
  for (int8_t* pixel : tile.out) {
    for (int8_t* at = pixel + first; at != pixel + first + count; ++at) {
      *at = static_cast<int8_t>(clamp(*at, stage.min, stage.max));
    }
  }
}

// A run of at most kChannels channels.
class ChannelRun {
 public:
  ChannelRun(const ConvS8& conv, int32_t first)
      : conv_(conv),
        stage_(conv.stage.from_channel(first)),
        weights_(conv.weights + static_cast<ptrdiff_t>(first) * conv.depth()),
        first_(first),
        count_(conv.output_channels - first < kChannels ? conv.output_channels - first : kChannels),
        groups_((conv.depth() + 1) / 2) {
    const int32_t depth = conv.depth();
    for (int32_t c = 0; c < count_; ++c) {
      const int32_t offset =
          conv.input_offset == 0 ? 0 : wrap_mul(conv.input_offset, sum_of(weights_ + c * depth, depth));
      start_[c] = wrap_add(wrap_add(offset, groups_), stage_.bias_of(c));
    }
  }

  void compute(const int32_t* patch, const Tile& tile) const {
    const int32_t depth = conv_.depth();
    ChannelLoop loop = {
        {tile.out[3] + first_, tile.out[2] + first_, tile.out[1] + first_, tile.out[0] + first_},
        stage_.zero_point,
        weights_,
        weights_ + count_ * depth,
        patch,
        depth & ~1,
        start_,
        groups_ << 15,
        stage_.multipliers,
        stage_.multiplier_step * static_cast<int32_t>(sizeof(Multiplier)),
        depth & 1,
    };
    compute_channels(loop);
    if (!clamps_to_int8(stage_)) clamp_outputs(tile, first_, count_, stage_);
  }

 private:
  const ConvS8& conv_;
  const OutputStage stage_;
  const int8_t* weights_;
  int32_t first_;
  int32_t count_;
  int32_t groups_;  // p of a pixel pair
  int32_t start_[kChannels];
};

}  // namespace

void conv_s8(const ConvS8& conv, RowRange rows) {
  if (conv.depth() < kMinDepth || !shifts_right(conv.stage, conv.output_channels)) {
    portable::conv_s8(conv, rows);
    return;
  }
  int32_t* const patch = static_cast<int32_t*>(conv.scratch);
  for (int32_t first = 0; first < conv.output_channels; first += kChannels) {
    const ChannelRun run(conv, first);
    const auto pack = [&](int32_t slot, int32_t y, int32_t x) {
      SlotWriter writer(patch, slot, -conv.input_offset);
      walk_patch(conv, y, x, writer);
    };
    for_each_tile<kConvTile>(conv, rows, pack, [&](const Tile& tile) { run.compute(patch, tile); });
  }
}

}  // namespace arenite::v7m
