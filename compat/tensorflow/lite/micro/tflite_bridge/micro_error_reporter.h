// TFLite Micro keeps this under several names.
#pragma once

#include "tensorflow/lite/micro/micro_error_reporter.h"
