// Checks that end the program. The debug ones too: they cost a comparison and show what is wrong where it is.
#pragma once

#include <stdint.h>

#include "tensorflow/lite/micro/micro_log.h"

namespace arenite::tflm {
// Prints the place and ends the program, on a board by a trap.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
}  // namespace arenite::tflm

#define TFLITE_CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::arenite::tflm::check_failed(#expression, __FILE__, __LINE__))
#define TFLITE_CHECK_EQ(x, y) TFLITE_CHECK((x) == (y))
#define TFLITE_CHECK_NE(x, y) TFLITE_CHECK((x) != (y))
#define TFLITE_CHECK_LT(x, y) TFLITE_CHECK((x) < (y))
#define TFLITE_CHECK_LE(x, y) TFLITE_CHECK((x) <= (y))
#define TFLITE_CHECK_GT(x, y) TFLITE_CHECK((x) > (y))
#define TFLITE_CHECK_GE(x, y) TFLITE_CHECK((x) >= (y))
#define TFLITE_DCHECK(expression) TFLITE_CHECK(expression)
#define TFLITE_DCHECK_EQ(x, y) TFLITE_CHECK_EQ(x, y)
#define TFLITE_DCHECK_NE(x, y) TFLITE_CHECK_NE(x, y)
#define TFLITE_DCHECK_LT(x, y) TFLITE_CHECK_LT(x, y)
#define TFLITE_DCHECK_LE(x, y) TFLITE_CHECK_LE(x, y)
#define TFLITE_DCHECK_GT(x, y) TFLITE_CHECK_GT(x, y)
#define TFLITE_DCHECK_GE(x, y) TFLITE_CHECK_GE(x, y)
#define TFLITE_ABORT TFLITE_CHECK(!"abort")
#define TFLITE_ASSERT_FALSE TFLITE_CHECK(!"reached")
#define TF_LITE_REMOVE_VIRTUAL_DELETE
