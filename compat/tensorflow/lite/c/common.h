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

constexpr int kTfLiteOptionalTensor = -1;

// An operator as its callbacks see it. The lists lie in the model: read only.
struct TfLiteNode {
  TfLiteIntArray* inputs;  // tensors; kTfLiteOptionalTensor for an absent one
  TfLiteIntArray* outputs;
  TfLiteIntArray* intermediates;
  void* user_data;     // what init has given
  void* builtin_data;  // null
  const void* custom_initial_data;
  int custom_initial_data_size;
};

struct TfLiteExternalContext;
enum TfLiteExternalContextType {
  kTfLiteEigenContext = 0,
  kTfLiteGemmLowpContext = 1,
  kTfLiteEdgeTpuContext = 2,
  kTfLiteCpuBackendContext = 3,
};

// What callbacks may ask for. Each function is MicroContext's of the same name (tensorflow/lite/micro/micro_context.h).
struct TfLiteContext {
  size_t tensors_size;  // of the subgraph
  void* impl_;          // the MicroContext
  void* profiler;       // a MicroProfilerInterface, or null
  void (*ReportError)(TfLiteContext* context, const char* format, ...);
  TfLiteExternalContext* (*GetExternalContext)(TfLiteContext* context, TfLiteExternalContextType type);
  void* (*AllocatePersistentBuffer)(TfLiteContext* context, size_t bytes);
  TfLiteStatus (*RequestScratchBufferInArena)(TfLiteContext* context, size_t bytes, int* buffer_index);
  void* (*GetScratchBuffer)(TfLiteContext* context, int buffer_index);
  TfLiteTensor* (*GetTensor)(const TfLiteContext* context, int tensor_index);
  TfLiteEvalTensor* (*GetEvalTensor)(const TfLiteContext* context, int tensor_index);
};

#ifdef TF_LITE_STRIP_ERROR_STRINGS
#define TF_LITE_KERNEL_LOG(context, ...) static_cast<void>(context)
#else
#define TF_LITE_KERNEL_LOG(context, ...) (context)->ReportError((context), __VA_ARGS__)
#endif
#define TF_LITE_MAYBE_KERNEL_LOG(context, ...)                            \
  do {                                                                    \
    if ((context) != nullptr) TF_LITE_KERNEL_LOG((context), __VA_ARGS__); \
  } while (false)

// Return from the calling function with what went wrong.
#define TF_LITE_ENSURE_MSG(context, expression, message)   \
  do {                                                     \
    if (!(expression)) {                                   \
      TF_LITE_KERNEL_LOG((context), __FILE__ " " message); \
      return kTfLiteError;                                 \
    }                                                      \
  } while (false)
#define TF_LITE_ENSURE(context, expression)                                                     \
  do {                                                                                          \
    if (!(expression)) {                                                                        \
      TF_LITE_KERNEL_LOG((context), "%s:%d %s was not true.", __FILE__, __LINE__, #expression); \
      return kTfLiteError;                                                                      \
    }                                                                                           \
  } while (false)
#define TF_LITE_ENSURE_EQ(context, a, b)                                                                          \
  do {                                                                                                            \
    if ((a) != (b)) {                                                                                             \
      TF_LITE_KERNEL_LOG((context), "%s:%d %s != %s (%d != %d)", __FILE__, __LINE__, #a, #b, static_cast<int>(a), \
                         static_cast<int>(b));                                                                    \
      return kTfLiteError;                                                                                        \
    }                                                                                                             \
  } while (false)
#define TF_LITE_ENSURE_TYPES_EQ(context, a, b)                                                                     \
  do {                                                                                                             \
    if ((a) != (b)) {                                                                                              \
      TF_LITE_KERNEL_LOG((context), "%s:%d %s != %s (%s != %s)", __FILE__, __LINE__, #a, #b, TfLiteTypeGetName(a), \
                         TfLiteTypeGetName(b));                                                                    \
      return kTfLiteError;                                                                                         \
    }                                                                                                              \
  } while (false)
#define TF_LITE_ENSURE_NEAR(context, a, b, epsilon)                                                \
  do {                                                                                             \
    const double arenite_tflm_delta = static_cast<double>(a) - static_cast<double>(b);             \
    if (!(arenite_tflm_delta <= (epsilon) && -arenite_tflm_delta <= (epsilon))) {                  \
      TF_LITE_KERNEL_LOG((context), "%s:%d %s not near %s (%f != %f)", __FILE__, __LINE__, #a, #b, \
                         static_cast<double>(a), static_cast<double>(b));                          \
      return kTfLiteError;                                                                         \
    }                                                                                              \
  } while (false)
#define TF_LITE_ENSURE_OK(context, status) TF_LITE_ENSURE_STATUS(status)
#define TF_LITE_ENSURE_STATUS(expression)                             \
  do {                                                                \
    const TfLiteStatus arenite_tflm_status = (expression);            \
    if (arenite_tflm_status != kTfLiteOk) return arenite_tflm_status; \
  } while (false)
