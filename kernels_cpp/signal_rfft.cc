// SignalRfft: spectra of frames of samples along the last axis.
#include "kernels_cpp/frame_transform.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t* scratch_bytes) { return FrameTransform<false>(node).check(scratch_bytes); }

Status eval(const Node& node) { return FrameTransform<false>(node).run(); }

}  // namespace
}  // namespace arenite

ARENITE_KERNEL_WITH_STATE(signal_rfft);
