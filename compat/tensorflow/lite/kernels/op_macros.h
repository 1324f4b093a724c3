#pragma once

#include "tensorflow/lite/kernels/internal/compatibility.h"

#define TF_LITE_FATAL(message) ::arenite::tflm::check_failed(message, __FILE__, __LINE__)
#define TF_LITE_ASSERT(expression) TFLITE_CHECK(expression)
#define TF_LITE_ASSERT_EQ(x, y) TFLITE_CHECK_EQ(x, y)
