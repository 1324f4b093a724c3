// What a program of TFLite Micro sees of a tensor. Enumerators have TFLite's values, members TFLite's names.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/kernels/internal/compatibility.h"

enum TfLiteStatus {
  kTfLiteOk = 0,
  kTfLiteError = 1,
  kTfLiteDelegateError = 2,
  kTfLiteApplicationError = 3,
  kTfLiteDelegateDataNotFound = 4,
  kTfLiteDelegateDataWriteError = 5,
  kTfLiteDelegateDataReadError = 6,
  kTfLiteUnresolvedOps = 7,
  kTfLiteCancelled = 8,
};

enum TfLiteType {
  kTfLiteNoType = 0,
  kTfLiteFloat32 = 1,
  kTfLiteInt32 = 2,
  kTfLiteUInt8 = 3,
  kTfLiteInt64 = 4,
  kTfLiteString = 5,
  kTfLiteBool = 6,
  kTfLiteInt16 = 7,
  kTfLiteComplex64 = 8,
  kTfLiteInt8 = 9,
  kTfLiteFloat16 = 10,
  kTfLiteFloat64 = 11,
  kTfLiteComplex128 = 12,
  kTfLiteUInt64 = 13,
  kTfLiteResource = 14,
  kTfLiteVariant = 15,
  kTfLiteUInt32 = 16,
  kTfLiteUInt16 = 17,
  kTfLiteInt4 = 18,
};

enum TfLiteAllocationType {
  kTfLiteMemNone = 0,
  kTfLiteMmapRo = 1,
  kTfLiteArenaRw = 2,
  kTfLiteArenaRwPersistent = 3,
};

enum TfLiteQuantizationType { kTfLiteNoQuantization = 0, kTfLiteAffineQuantization = 1 };

// A length and that many elements. Those of a tensor lie in the model, in flash: read only.
template <typename T>
struct ArenitePrefixedArray {
  int size;
  T data[1];
};
using TfLiteIntArray = ArenitePrefixedArray<int>;
using TfLiteFloatArray = ArenitePrefixedArray<float>;

// real = scale * (q - zero_point); scale 0 when the tensor is not quantized per tensor.
struct TfLiteQuantizationParams {
  float scale;
  int32_t zero_point;
};

// Of a tensor that is quantized per channel zero_point has one element, which holds for all channels.
struct TfLiteAffineQuantization {
  TfLiteFloatArray* scale;
  TfLiteIntArray* zero_point;
  int32_t quantized_dimension;
};

struct TfLiteQuantization {
  TfLiteQuantizationType type;
  void* params;  // a TfLiteAffineQuantization, or null
};

union TfLitePtrUnion {
  void* data;
  char* raw;
  const char* raw_const;
  int8_t* int8;
  uint8_t* uint8;
  int16_t* i16;
  uint16_t* ui16;
  int32_t* i32;
  uint32_t* u32;
  int64_t* i64;
  uint64_t* u64;
  float* f;
  double* f64;
  bool* b;
};

struct TfLiteTensor {
  TfLiteQuantization quantization;
  TfLiteQuantizationParams params;
  TfLitePtrUnion data;
  TfLiteIntArray* dims;
  size_t bytes;
  TfLiteType type;
  TfLiteAllocationType allocation_type;
  bool is_variable;
};

// A tensor without its quantization.
struct TfLiteEvalTensor {
  TfLitePtrUnion data;
  TfLiteIntArray* dims;
  TfLiteType type;
};

const char* TfLiteTypeGetName(TfLiteType type);

// Return from the calling function with what went wrong.
#define TF_LITE_ENSURE_STATUS(expression)                             \
  do {                                                                \
    const TfLiteStatus arenite_tflm_status = (expression);            \
    if (arenite_tflm_status != kTfLiteOk) return arenite_tflm_status; \
  } while (false)
