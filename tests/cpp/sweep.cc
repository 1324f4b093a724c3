// sweep EVERY FIRST MODEL...: damages a copy of each file in every way of a list, one at a time, and runs it (trial.h).
// Each bit flipped, each aligned word set to 0, 1, -1, and the largest and smallest number, where it is no weight; each
// shorter length. Of a file's cases every so many are run, from case FIRST on. A case that takes longer than kPatience
// seconds is a hang: the program ends, as it does when a sanitizer reports, with the case's number and the file. Prints
// how the cases ended.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <vector>

#include <unistd.h>

#include "interpreter/verify.h"
#include "schema/format.h"
#include "tests/cpp/trial.h"

extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace {

namespace f = arenite::format;
using arenite::Status;

constexpr unsigned kPatience = 60;
// Longer constants are weights; shorter ones are often shapes, axes and indices, which kernels look at.
constexpr uint32_t kShortConstant = 64;
constexpr uint32_t kWords[] = {0, 1, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000};
constexpr uint32_t kWordValues = sizeof kWords / sizeof *kWords;

uint32_t current_case;
const char* current_file;

void say_case() { std::fprintf(stderr, "case %u of %s\n", current_case, current_file); }

void hang(int) {
  static const char kText[] = "a case hangs: ";
  if (write(2, kText, sizeof kText - 1) < 0) _exit(4);
  say_case();
  _exit(3);
}

// Whether each byte of the file belongs to weights.
std::vector<bool> weights(const std::vector<uint8_t>& file) {
  std::vector<bool> result(file.size());
  const arenite::flat::Table model(file.data() + arenite::flat::load<uint32_t>(file.data()));
  const arenite::flat::Vector buffers = model.vector(f::Model::buffers);
  for (uint32_t i = 0; i < buffers.size(); ++i) {
    const arenite::flat::Vector data = buffers.table(i).vector(f::Buffer::data);
    if (data.size() <= kShortConstant) continue;
    const size_t begin = static_cast<size_t>(data.data() - file.data());
    for (size_t at = begin; at < begin + data.size(); ++at) result[at] = true;
  }
  return result;
}

// All that is done to a file, by number.
class Cases {
 public:
  explicit Cases(const std::vector<uint8_t>& file) : file_(file) {
    const std::vector<bool> weight = weights(file);
    for (uint32_t at = 0; at < file.size(); ++at) {
      if (weight[at]) continue;
      bytes_.push_back(at);
      if (at % 4 == 0 && at + 4 <= file.size()) words_.push_back(at);
    }
  }
  size_t size() const { return 8 * bytes_.size() + kWordValues * words_.size() + file_.size(); }
  std::vector<uint8_t> damaged(size_t number) const {
    std::vector<uint8_t> copy = file_;
    if (number < 8 * bytes_.size()) {
      copy[bytes_[number / 8]] ^= static_cast<uint8_t>(1 << number % 8);
      return copy;
    }
    number -= 8 * bytes_.size();
    if (number < kWordValues * words_.size()) {
      std::memcpy(&copy[words_[number / kWordValues]], &kWords[number % kWordValues], 4);
    } else {
      copy.resize(number - kWordValues * words_.size());
    }
    return copy;
  }

 private:
  const std::vector<uint8_t>& file_;
  std::vector<uint32_t> bytes_, words_;
};

void sweep(const std::vector<uint8_t>& file, size_t every, size_t first, std::map<Status, int>* ends) {
  const Cases cases(file);
  for (size_t number = first; number < cases.size(); number += every) {
    current_case = static_cast<uint32_t>(number);
    std::mt19937 random(current_case);
    const std::vector<uint8_t> copy = cases.damaged(number);
    alarm(kPatience);
    ++(*ends)[trial::run(copy.data(), copy.size(), random)];
  }
  alarm(0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return std::fprintf(stderr, "usage: sweep EVERY FIRST MODEL...\n"), 2;
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(say_case);
  std::signal(SIGALRM, hang);
  std::map<Status, int> ends;
  for (int i = 3; i < argc; ++i) {
    current_file = argv[i];
    std::ifstream stream(current_file, std::ios::binary);
    const std::vector<uint8_t> file((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    arenite::Error where;
    if (arenite::check_structure(file.data(), static_cast<uint32_t>(file.size()), &where) != Status::kOk)
      return std::fprintf(stderr, "sweep: %s is no sound model\n", current_file), 2;
    sweep(file, std::strtoul(argv[1], nullptr, 10), std::strtoul(argv[2], nullptr, 10), &ends);
  }
  for (const auto& [status, count] : ends) std::printf("%d %s\n", count, arenite::status_text(status));
  return 0;
}
