// TFLite Micro keeps this under several names.
#pragma once

#include "tensorflow/lite/micro/kernels/micro_ops.h"
