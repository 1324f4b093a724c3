#pragma once

namespace tflite {

// What a program does before all else. Does nothing unless the program defines it.
void InitializeTarget();

}  // namespace tflite
