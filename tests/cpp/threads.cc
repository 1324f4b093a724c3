// threads MODEL THREADS SECONDS: that many threads, each with an interpreter and an arena of its own, run one model
// that they share, from the very first use of the kernels on. Every output must be the one that the first thread's
// first run gives. Built with ThreadSanitizer by `make threads`, it also proves that they share nothing that is
// written.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "interpreter/interpreter.h"
#include "kernels_cpp/kernels.h"

namespace {

using arenite::Status;
using Clock = std::chrono::steady_clock;

const arenite::Kernel* const kKernels[] = {
#define OP(name, code, max_version, options, signatures) &arenite::kernels::name,
#include "schema/ops.def"
#undef OP
};

constexpr size_t kArena = 4 << 20;

struct Result {
  Status status = Status::kOk;
  uint64_t runs = 0;
  uint64_t different = 0;
  std::vector<uint8_t> first;  // outputs of the first run
};

size_t bytes_of(const arenite::Tensor& tensor) { return size_t(tensor.count()) * arenite::type_size(tensor.type); }

std::vector<uint8_t> outputs_of(const arenite::Interpreter& interpreter) {
  std::vector<uint8_t> bytes;
  for (uint32_t i = 0; i < interpreter.output_count(); ++i) {
    const arenite::Tensor output = interpreter.output(i);
    const uint8_t* data = output.as<uint8_t>();
    bytes.insert(bytes.end(), data, data + bytes_of(output));
  }
  return bytes;
}

Status run_once(arenite::Interpreter* interpreter) {
  interpreter->reset_variables();
  for (uint32_t i = 0; i < interpreter->input_count(); ++i) {
    const arenite::Tensor input = interpreter->input(i);
    std::memset(input.data, 1, bytes_of(input));
  }
  return interpreter->invoke();
}

void run(const std::vector<uint8_t>& file, Clock::time_point end, Result* result) {
  arenite::Model model;
  result->status = arenite::Model::open(file.data(), file.size(), &model);
  if (result->status != Status::kOk) return;
  uint8_t* arena = static_cast<uint8_t*>(std::aligned_alloc(16, kArena));
  arenite::Interpreter interpreter(model, kKernels, arena, kArena);
  result->status = interpreter.allocate();
  while (result->status == Status::kOk && (result->runs == 0 || Clock::now() < end)) {
    result->status = run_once(&interpreter);
    const std::vector<uint8_t> outputs = outputs_of(interpreter);
    if (result->runs++ == 0) result->first = outputs;
    result->different += outputs != result->first;
  }
  std::free(arena);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::fprintf(stderr, "usage: threads MODEL THREADS SECONDS\n"), 2;
  std::ifstream stream(argv[1], std::ios::binary);
  const std::vector<uint8_t> file((std::istreambuf_iterator<char>(stream)), {});
  const auto end = Clock::now() + std::chrono::milliseconds(int64_t(std::atof(argv[3]) * 1000));
  std::vector<Result> results(size_t(std::atoi(argv[2])));
  std::vector<std::thread> threads;
  for (Result& result : results) threads.emplace_back([&file, end, &result] { run(file, end, &result); });
  for (std::thread& thread : threads) thread.join();
  uint64_t runs = 0, different = 0;
  for (const Result& result : results) {
    if (result.status != Status::kOk) return std::printf("%s\n", arenite::status_text(result.status)), 1;
    runs += result.runs;
    different += result.different + (result.first != results[0].first);
  }
  std::printf("threads %zu\nruns %llu\ndifferent %llu\n", results.size(), static_cast<unsigned long long>(runs),
              static_cast<unsigned long long>(different));
  return different != 0;
}
