// libFuzzer: Model::open on any bytes. What it accepts may be read: every tensor's view and name.
#include "tests/cpp/trial.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const trial::Block file(size);
  if (size != 0) std::memcpy(file.data(), data, size);
  arenite::Model model;
  if (arenite::Model::open(file.data(), size, &model) != arenite::Status::kOk) return 0;
  volatile uint32_t sink = 0;
  for (uint32_t s = 0; s < model.subgraph_count(); ++s) {
    const arenite::Model subgraph = model.subgraph(s);
    for (uint32_t i = 0; i < subgraph.tensor_count(); ++i) {
      const arenite::flat::Vector name = subgraph.tensor_name(i);
      if (name.size() != 0) sink = sink + name.data()[name.size() - 1];
      const uint32_t bytes = subgraph.tensor_bytes(i);
      if (subgraph.is_constant(i)) sink = sink + subgraph.tensor(i).as<uint8_t>()[bytes - 1];
    }
  }
  return 0;
}
