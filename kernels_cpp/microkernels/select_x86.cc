#include <cstring>

#include "kernels_cpp/microkernels/portable.h"
#include "kernels_cpp/microkernels/x86.h"

namespace arenite {

bool avx2::supported() { return __builtin_cpu_supports("avx2"); }

bool avx512vnni::supported() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vnni");
}

namespace x86 {
namespace {

constexpr Int8Microkernels kPortableInt8 = {
    portable::conv_s8, portable::depthwise_s8, portable::gemm_s8, portable::quantize_ratios,
    nullptr,           portable::product_s8,   portable::max_s8,  portable::add_s8};
constexpr Microkernels kPortable = {&kPortableInt8, nullptr, nullptr};
constexpr Microkernels kAvx2 = {&avx2::int8, &avx2::float32, &avx2::int16};
constexpr Microkernels kAvx512 = {&avx512vnni::int8, &avx512vnni::float32, &avx512vnni::int16};

// Null until the first use.
const Microkernels* chosen = nullptr;

}  // namespace

const Microkernels* find(const char* name) {
  __builtin_cpu_init();
  if (std::strcmp(name, "avx512vnni") == 0 && avx512vnni::supported()) return &kAvx512;
  if (std::strcmp(name, "avx2") == 0 && avx2::supported()) return &kAvx2;
  return std::strcmp(name, "portable") == 0 ? &kPortable : nullptr;
}

namespace {

const Microkernels* best() {
  const Microkernels* found = find("avx512vnni");
  if (found == nullptr) found = find("avx2");
  return found != nullptr ? found : &kPortable;
}

}  // namespace

void use(const Microkernels* microkernels) { __atomic_store_n(&chosen, microkernels, __ATOMIC_RELEASE); }

const Microkernels& microkernels() {
  // Threads that race here all write the same pointer.
  const Microkernels* now = __atomic_load_n(&chosen, __ATOMIC_ACQUIRE);
  if (now == nullptr) {
    now = best();
    use(now);
  }
  return *now;
}

}  // namespace x86
}  // namespace arenite
