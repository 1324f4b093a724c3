// The one place that asks which processor this is. On a board the microkernels are chosen when compiling, so that the
// others are not linked; on x86 once, by CPUID.
#pragma once

#include "kernels_cpp/microkernels/compact.h"
#include "kernels_cpp/microkernels/conv_s8.h"
#include "kernels_cpp/microkernels/float32.h"
#include "kernels_cpp/microkernels/gemm_s8.h"
#include "kernels_cpp/microkernels/half.h"
#include "kernels_cpp/microkernels/int16x8.h"
#include "kernels_cpp/microkernels/int4.h"
#include "kernels_cpp/microkernels/portable.h"
#include "kernels_cpp/microkernels/product_s8.h"
#include "kernels_cpp/microkernels/sum_s8.h"

#if defined(ARENITE_COMPACT)
namespace arenite::isa {
namespace chosen = compact;
}
#elif defined(__ARM_FEATURE_MVE)
#include "kernels_cpp/microkernels/mve.h"
namespace arenite::isa {
namespace chosen = mve;
}
#elif defined(__arm__) && defined(__ARM_FEATURE_DSP)
#include "kernels_cpp/microkernels/dsp.h"
namespace arenite::isa {
namespace chosen = dsp;
}
#elif defined(__arm__) && defined(__thumb2__)
#include "kernels_cpp/microkernels/v7m.h"
namespace arenite::isa {
namespace chosen = v7m;
}
#elif defined(__x86_64__) && !defined(ARENITE_PORTABLE)
#include "kernels_cpp/microkernels/x86.h"
#define ARENITE_CHOSEN_WHEN_RUNNING
#else
namespace arenite::isa {
namespace chosen = portable;
}
#endif

// Every unit of an M-profile converts float16; the second bit of __ARM_FP asks for the type __fp16 too.
#if defined(__arm__) && __ARM_ARCH_PROFILE == 'M' && defined(__ARM_FP) && (__ARM_FP & 4)
#include "kernels_cpp/microkernels/half_vfp.h"
namespace arenite::isa {
using vfp::to_float;
}
#else
namespace arenite::isa {
using portable::to_float;
}
#endif

namespace arenite::isa {
using compact::channel_s4;
using compact::channel_s8;
using compact::products_s4;
using compact::products_s8;

using portable::unpack_rows;
using portable::unpack_s4;
#if defined(ARENITE_CHOSEN_WHEN_RUNNING)
using portable::dots_s16;
using portable::taps_s16;
inline void conv_s8(const ConvS8& conv, RowRange rows) { x86::microkernels().int8->conv_s8(conv, rows); }
inline void depthwise_s8(const DepthwiseS8& conv, RowRange rows) { x86::microkernels().int8->depthwise_s8(conv, rows); }
inline void max_s8(const MaxS8& job) { x86::microkernels().int8->max_s8(job); }
inline void add_s8(const AddS8& job) { x86::microkernels().int8->add_s8(job); }
inline void gemm_s8(const GemmS8& gemm) { x86::microkernels().int8->gemm_s8(gemm); }
inline void quantize_ratios(const QuantizeRatios& ratios) { x86::microkernels().int8->quantize_ratios(ratios); }
// Unpacked, the weights go through vectors.
inline auto gemm_s4_kernel() -> void (*)(const GemmS4&) { return nullptr; }
inline auto gemm_packed_kernel() -> void (*)(const GemmPacked&) { return nullptr; }
inline auto sum_s8_kernel() { return x86::microkernels().int8->sum_s8; }
inline auto product_s8_kernel() { return x86::microkernels().int8->product_s8; }
namespace chosen = portable;  // of what x86 has no variants
#else
using chosen::add_s8;
using chosen::conv_s8;
using chosen::depthwise_s8;
using chosen::dots_s16;
using chosen::gemm_s8;
using chosen::max_s8;
using chosen::taps_s16;
using portable::quantize_ratios;
inline auto gemm_s4_kernel() -> void (*)(const GemmS4&) { return chosen::gemm_s4; }
inline auto gemm_packed_kernel() -> void (*)(const GemmPacked&) { return chosen::gemm_packed; }
inline auto sum_s8_kernel() -> void (*)(const SumS8&) { return chosen::sum_s8; }
inline auto product_s8_kernel() -> void (*)(const ProductS8&) { return chosen::product_s8; }
#endif

// What some processors lack. False: nothing is done, the caller's own loop is what there is, or what is smaller.
template <typename Job>
inline bool run_if_any(void (*kernel)(const Job&), const Job& job) {
  if (kernel != nullptr) kernel(job);
  return kernel != nullptr;
}
inline bool gemm_s4(const GemmS4& gemm) { return run_if_any(gemm_s4_kernel(), gemm); }
inline bool gemm_packed(const GemmPacked& gemm) { return run_if_any(gemm_packed_kernel(), gemm); }
inline bool sum_s8(const SumS8& sum) { return run_if_any(sum_s8_kernel(), sum); }
inline bool exponentials_s8(const ExponentialsS8& job) { return run_if_any(chosen::exponentials_s8, job); }
inline bool softmax_s8(const SoftmaxS8& row) { return run_if_any(chosen::softmax_s8, row); }
// Also false when the multiplier is none of the contract's.
inline bool product_s8(const ProductS8& job) {
  return job.multiplier.shift <= kMostProductShift && run_if_any(product_s8_kernel(), job);
}
}  // namespace arenite::isa

// What only hosts have variants of. False: nothing is done, or a part, and the caller's own loop has to do it.
#if defined(ARENITE_CHOSEN_WHEN_RUNNING)
namespace arenite::isa {
inline bool conv_f32(const ConvF32& conv, RowRange rows) {
  const auto* const kernels = x86::microkernels().float32;
  return kernels != nullptr && kernels->conv_f32(conv, rows);
}
inline bool depthwise_f32(const DepthwiseF32& conv, RowRange rows) {
  const auto* const kernels = x86::microkernels().float32;
  return kernels != nullptr && kernels->depthwise_f32(conv, rows);
}
inline bool conv_s16(const ConvS16& conv, RowRange rows) {
  const auto* const kernels = x86::microkernels().int16;
  return kernels != nullptr && kernels->conv_s16(conv, rows);
}
inline bool depthwise_s16(const DepthwiseS16& conv, RowRange rows) {
  const auto* const kernels = x86::microkernels().int16;
  return kernels != nullptr && kernels->depthwise_s16(conv, rows);
}
inline bool gemm_f32(const GemmF32& gemm) {
  const auto* const kernels = x86::microkernels().float32;
  return kernels != nullptr && kernels->gemm_f32(gemm);
}

// For tests: takes the named variant from now on. False when this processor, or this build, lacks it.
inline bool use_variant(const char* name) {
  const x86::Microkernels* found = x86::find(name);
  if (found != nullptr) x86::use(found);
  return found != nullptr;
}
}  // namespace arenite::isa

#else
namespace arenite::isa {
inline bool conv_f32(const ConvF32&, RowRange) { return false; }
inline bool depthwise_f32(const DepthwiseF32&, RowRange) { return false; }
inline bool gemm_f32(const GemmF32&) { return false; }
inline bool conv_s16(const ConvS16&, RowRange) { return false; }
inline bool depthwise_s16(const DepthwiseS16&, RowRange) { return false; }
inline bool use_variant(const char*) { return false; }
}  // namespace arenite::isa
#endif
