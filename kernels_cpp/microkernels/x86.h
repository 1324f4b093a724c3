// Variants for x86-64. microkernels() picks the best that this processor and operating system support.
#pragma once

#include "kernels_cpp/microkernels/conv_s8.h"
#include "kernels_cpp/microkernels/float32.h"
#include "kernels_cpp/microkernels/gemm_s8.h"
#include "kernels_cpp/microkernels/int16x8.h"
#include "kernels_cpp/microkernels/pool_s8.h"
#include "kernels_cpp/microkernels/product_s8.h"
#include "kernels_cpp/microkernels/quantize_ratios.h"
#include "kernels_cpp/microkernels/sum_s8.h"

namespace arenite {

namespace x86 {

struct Int8Microkernels {
  void (*conv_s8)(const ConvS8&, RowRange);
  void (*depthwise_s8)(const DepthwiseS8&, RowRange);
  void (*gemm_s8)(const GemmS8&);
  void (*quantize_ratios)(const QuantizeRatios&);
  void (*sum_s8)(const SumS8&);  // null: none
  void (*product_s8)(const ProductS8&);
  void (*max_s8)(const MaxS8&);
  void (*add_s8)(const AddS8&);
};

struct Float32Microkernels {
  bool (*conv_f32)(const ConvF32&, RowRange);
  bool (*depthwise_f32)(const DepthwiseF32&, RowRange);
  bool (*gemm_f32)(const GemmF32&);
};

struct Int16Microkernels {
  bool (*conv_s16)(const ConvS16&, RowRange);
  bool (*depthwise_s16)(const DepthwiseS16&, RowRange);
};

struct Microkernels {
  const Int8Microkernels* int8;
  const Float32Microkernels* float32;  // null: none
  const Int16Microkernels* int16;      // null: none
};

}  // namespace x86

namespace avx2 {
bool supported();
void max_s8(const MaxS8& job);
void add_s8(const AddS8& job);
extern const x86::Int8Microkernels int8;
extern const x86::Float32Microkernels float32;
extern const x86::Int16Microkernels int16;
}  // namespace avx2

namespace avx512vnni {
bool supported();
extern const x86::Int8Microkernels int8;
extern const x86::Float32Microkernels float32;
extern const x86::Int16Microkernels int16;
}  // namespace avx512vnni

namespace x86 {

// Those of a variant, "portable", "avx2" or "avx512vnni"; null for any other name or when this processor lacks it.
const Microkernels* find(const char* name);

// The best that this processor has, or what use() has set.
const Microkernels& microkernels();
void use(const Microkernels* microkernels);

}  // namespace x86
}  // namespace arenite
