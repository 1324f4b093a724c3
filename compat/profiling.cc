// What is linked with programs that profile only.
#include <cstring>

#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_log.h"
#include "tensorflow/lite/micro/micro_profiler.h"

namespace tflite {
namespace {

// An operator's name in upper case, as the schema spells it: without the _ that follows words of C++.
template <size_t N>
struct Tag {
  char text[N] = {};
  constexpr explicit Tag(const char (&name)[N]) {
    for (size_t i = 0; i + 1 < N; ++i) text[i] = name[i] >= 'a' ? static_cast<char>(name[i] - 'a' + 'A') : name[i];
    if (N > 1 && text[N - 2] == '_') text[N - 2] = 0;
  }
};

const char* tag_of(const arenite::Kernel& kernel) {
  if (kernel.custom_code != nullptr) return kernel.custom_code;
  switch (kernel.code) {
#define OP(name, code, version, options, signatures) \
  case code: {                                       \
    static constexpr Tag<sizeof(#name)> kTag(#name); \
    return kTag.text;                                \
  }
#define CUSTOM_OP(name, custom_code, signatures)
#include "schema/ops.def"
#undef CUSTOM_OP
#undef OP
  }
  return "UNKNOWN";
}

struct Observer {
  MicroProfilerInterface* profiler;
  const arenite::Interpreter& interpreter;
  uint32_t handle = 0;
  void begin(uint32_t node) { handle = profiler->BeginEvent(tag_of(interpreter.kernel(node))); }
  void end(uint32_t) { profiler->EndEvent(handle); }
};

}  // namespace

MicroInterpreter::MicroInterpreter(const Model* model, const MicroOpResolver& resolver, uint8_t* arena,
                                   size_t arena_size, MicroResourceVariables*, MicroProfilerInterface* profiler,
                                   bool preserve_all_tensors)
    : MicroInterpreter(model, resolver, arena, arena_size) {
  profiler_ = profiler;
  if (profiler != nullptr) run_ = &run_profiled;
  preserve_all_tensors_ = preserve_all_tensors;
}

MicroInterpreter::MicroInterpreter(const Model* model, const MicroOpResolver& resolver, MicroAllocator* allocator,
                                   MicroResourceVariables*, MicroProfilerInterface* profiler)
    : MicroInterpreter(model, resolver, allocator) {
  profiler_ = profiler;
  if (profiler != nullptr) run_ = &run_profiled;
}

arenite::Status MicroInterpreter::run_profiled(MicroInterpreter& interpreter, arenite::Error* error) {
  Observer observer{interpreter.profiler_, interpreter.interpreter_};
  return interpreter.interpreter_.invoke(observer, error);
}

uint32_t MicroProfiler::BeginEvent(const char* tag) {
  if (count_ == kCapacity) {
    ++lost_;
    return kCapacity;
  }
  events_[count_] = {tag, GetCurrentTimeTicks(), 0};
  return count_++;
}

void MicroProfiler::EndEvent(uint32_t event_handle) {
  if (event_handle >= count_) return;
  Event& event = events_[event_handle];
  event.ticks = GetCurrentTimeTicks() - event.start;
}

uint32_t MicroProfiler::GetTotalTicks() const {
  uint32_t total = 0;
  for (uint32_t i = 0; i < count_; ++i) total += events_[i].ticks;
  return total;
}

uint32_t MicroProfiler::ticks_of(const char* tag) const {
  uint32_t total = 0;
  for (uint32_t i = 0; i < count_; ++i) total += std::strcmp(events_[i].tag, tag) == 0 ? events_[i].ticks : 0;
  return total;
}

bool MicroProfiler::is_first(uint32_t event) const {
  uint32_t i = 0;
  while (std::strcmp(events_[i].tag, events_[event].tag) != 0) ++i;
  return i == event;
}

void MicroProfiler::log_lost() const {
  if (lost_ == 0) return;
  MicroPrintf("Arenite: %u events more than the %u that MicroProfiler keeps (ARENITE_TFLM_PROFILER_EVENTS)",
              static_cast<unsigned>(lost_), static_cast<unsigned>(kCapacity));
}

void MicroProfiler::Log() const {
  for (uint32_t i = 0; i < count_; ++i) {
    const Event& event = events_[i];
    MicroPrintf("%s took %u ticks (%u ms).", event.tag, static_cast<unsigned>(event.ticks),
                static_cast<unsigned>(TicksToMs(static_cast<int32_t>(event.ticks))));
  }
  log_lost();
}

void MicroProfiler::LogCsv() const {
  MicroPrintf("\"Event\",\"Tag\",\"Ticks\"");
  for (uint32_t i = 0; i < count_; ++i) {
    MicroPrintf("%u,%s,%u", static_cast<unsigned>(i), events_[i].tag, static_cast<unsigned>(events_[i].ticks));
  }
  log_lost();
}

void MicroProfiler::LogTicksPerTagCsv() const {
  MicroPrintf("\"Unique Tag\",\"Total ticks across all events with that tag.\"");
  for (uint32_t i = 0; i < count_; ++i) {
    if (!is_first(i)) continue;
    MicroPrintf("%s, %u", events_[i].tag, static_cast<unsigned>(ticks_of(events_[i].tag)));
  }
  MicroPrintf("total number of ticks, %u", static_cast<unsigned>(GetTotalTicks()));
  log_lost();
}

}  // namespace tflite
