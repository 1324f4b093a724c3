#pragma once

#include "tensorflow/lite/micro/micro_profiler_interface.h"
#include "tensorflow/lite/micro/micro_time.h"

#ifndef ARENITE_TFLM_PROFILER_EVENTS
#define ARENITE_TFLM_PROFILER_EVENTS 256
#endif

namespace tflite {

// Keeps the last runs' operators, up to ARENITE_TFLM_PROFILER_EVENTS (12 bytes of RAM each); later ones are counted
// only.
class MicroProfiler : public MicroProfilerInterface {
 public:
  uint32_t BeginEvent(const char* tag) override;
  void EndEvent(uint32_t event_handle) override;
  void ClearEvents() { count_ = lost_ = 0; }
  uint32_t GetTotalTicks() const;

  void Log() const;                // a line for each event
  void LogCsv() const;             // the same as CSV
  void LogTicksPerTagCsv() const;  // the sum of each tag

 private:
  static constexpr uint32_t kCapacity = ARENITE_TFLM_PROFILER_EVENTS;
  struct Event {
    const char* tag;
    uint32_t start;
    uint32_t ticks;
  };
  uint32_t ticks_of(const char* tag) const;
  bool is_first(uint32_t event) const;
  void log_lost() const;

  Event events_[kCapacity];
  uint32_t count_ = 0;
  uint32_t lost_ = 0;
};

class ScopedMicroProfiler {
 public:
  ScopedMicroProfiler(const char* tag, MicroProfilerInterface* profiler)
      : profiler_(profiler), handle_(profiler == nullptr ? 0 : profiler->BeginEvent(tag)) {}
  ~ScopedMicroProfiler() {
    if (profiler_ != nullptr) profiler_->EndEvent(handle_);
  }
  ScopedMicroProfiler(const ScopedMicroProfiler&) = delete;
  ScopedMicroProfiler& operator=(const ScopedMicroProfiler&) = delete;

 private:
  MicroProfilerInterface* profiler_;
  uint32_t handle_;
};

}  // namespace tflite
