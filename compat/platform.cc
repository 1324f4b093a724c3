// What a program may define itself: where text goes, the clock, what is set up first.
#include "formatting.h"
#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/core/api/error_reporter.h"
#include "tensorflow/lite/micro/cortex_m_generic/debug_log_callback.h"
#include "tensorflow/lite/micro/debug_log.h"
#include "tensorflow/lite/micro/micro_error_reporter.h"
#include "tensorflow/lite/micro/micro_time.h"
#include "tensorflow/lite/micro/system_setup.h"

#if defined(__unix__) || defined(__APPLE__)
#include <stdio.h>
#include <time.h>
namespace {
void print_to_host(const char* text) { fputs(text, stderr); }
DebugLogCallback debug_log_callback = &print_to_host;
constexpr uint32_t kTicksPerSecond = CLOCKS_PER_SEC;
uint32_t ticks() { return static_cast<uint32_t>(clock()); }
}  // namespace
#else
namespace {
DebugLogCallback debug_log_callback = nullptr;
constexpr uint32_t kTicksPerSecond = 0;
uint32_t ticks() { return 0; }
}  // namespace
#endif

namespace {

// Collects text and hands it on in pieces.
struct Pieces {
  char text[48];
  uint32_t size = 0;

  void flush() {
    text[size] = 0;
    if (size != 0) debug_log_callback(text);
    size = 0;
  }
  static void put(char c, void* context) {
    Pieces& pieces = *static_cast<Pieces*>(context);
    pieces.text[pieces.size++] = c;
    if (pieces.size == sizeof(pieces.text) - 1) pieces.flush();
  }
};

}  // namespace

extern "C" {

void RegisterDebugLogCallback(DebugLogCallback callback) { debug_log_callback = callback; }

[[gnu::weak]] void DebugLog(const char* format, va_list arguments) {
  if (debug_log_callback == nullptr) return;
  Pieces pieces;
  arenite::tflm::format(&Pieces::put, &pieces, format, arguments);
  pieces.flush();
}

int DebugVsnprintf(char* buffer, size_t size, const char* format, va_list arguments) {
  return MicroVsnprintf(buffer, size, format, arguments);
}

}  // extern "C"

namespace tflite {

[[gnu::weak]] void InitializeTarget() {}
[[gnu::weak]] uint32_t ticks_per_second() { return kTicksPerSecond; }
[[gnu::weak]] uint32_t GetCurrentTimeTicks() { return ticks(); }

}  // namespace tflite
