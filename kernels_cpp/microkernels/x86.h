// Variants for x86-64. microkernels() picks the best that this processor and operating system support.
#pragma once

#include "kernels_cpp/microkernels/conv_s8.h"
#include "kernels_cpp/microkernels/float32.h"
#include "kernels_cpp/microkernels/gemm_s8.h"
#include "kernels_cpp/microkernels/int16x8.h"
#include "kernels_cpp/microkernels/quantize_ratios.h"
#include "kernels_cpp/microkernels/sum_s8.h"

namespace arenite {

namespace avx2 {
bool supported();
void conv_s8(const ConvS8& conv, RowRange rows);
void depthwise_s8(const DepthwiseS8& conv, RowRange rows);
void gemm_s8(const GemmS8& gemm);
void quantize_ratios(const QuantizeRatios& ratios);
void sum_s8(const SumS8& sum);
bool conv_f32(const ConvF32& conv, RowRange rows);
bool depthwise_f32(const DepthwiseF32& conv, RowRange rows);
bool gemm_f32(const GemmF32& gemm);
bool conv_s16(const ConvS16& conv, RowRange rows);
bool depthwise_s16(const DepthwiseS16& conv, RowRange rows);
}  // namespace avx2

namespace avx512vnni {
bool supported();
void conv_s8(const ConvS8& conv, RowRange rows);
void depthwise_s8(const DepthwiseS8& conv, RowRange rows);
void gemm_s8(const GemmS8& gemm);
void quantize_ratios(const QuantizeRatios& ratios);
void sum_s8(const SumS8& sum);
bool conv_f32(const ConvF32& conv, RowRange rows);
bool depthwise_f32(const DepthwiseF32& conv, RowRange rows);
bool gemm_f32(const GemmF32& gemm);
bool conv_s16(const ConvS16& conv, RowRange rows);
bool depthwise_s16(const DepthwiseS16& conv, RowRange rows);
}  // namespace avx512vnni

namespace x86 {

struct Microkernels {
  void (*conv_s8)(const ConvS8&, RowRange);
  void (*depthwise_s8)(const DepthwiseS8&, RowRange);
  void (*gemm_s8)(const GemmS8&);
  void (*quantize_ratios)(const QuantizeRatios&);
  // Null: none.
  void (*sum_s8)(const SumS8&) = nullptr;
  bool (*conv_f32)(const ConvF32&, RowRange) = nullptr;
  bool (*depthwise_f32)(const DepthwiseF32&, RowRange) = nullptr;
  bool (*gemm_f32)(const GemmF32&) = nullptr;
  bool (*conv_s16)(const ConvS16&, RowRange) = nullptr;
  bool (*depthwise_s16)(const DepthwiseS16&, RowRange) = nullptr;
};

// Those of a variant, "portable", "avx2" or "avx512vnni"; null for any other name or when this processor lacks it.
const Microkernels* find(const char* name);

// The best that this processor has, or what use() has set.
const Microkernels& microkernels();
void use(const Microkernels* microkernels);

}  // namespace x86
}  // namespace arenite
