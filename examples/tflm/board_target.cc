// What a port of TFLite Micro's programs to a board defines: where their text goes.
#include "boards/board.h"
#include "tensorflow/lite/micro/cortex_m_generic/debug_log_callback.h"
#include "tensorflow/lite/micro/system_setup.h"

namespace tflite {

void InitializeTarget() { RegisterDebugLogCallback(&board::print); }

}  // namespace tflite
