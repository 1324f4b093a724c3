// TFLite_Detection_PostProcess: boxes from their encodings relative to anchors, and of those that overlap the best.
#include <cmath>
#include <cstring>

#include "kernels_cpp/kernels.h"
#include "kernels_cpp/option_map.h"

namespace arenite {
namespace {

struct Box {
  float top, left, bottom, right;
};

struct Options {
  explicit Options(const Node& node) {
    const OptionMap map(node);
    detections = map.i32("max_detections", 0);
    per_box = map.i32("max_classes_per_detection", 0);
    per_class = map.i32("detections_per_class", 100);
    classes = map.i32("num_classes", 0);
    each_class = map.i32("use_regular_nms", 0) != 0;
    least_score = map.f32("nms_score_threshold", 0.0f);
    most_overlap = map.f32("nms_iou_threshold", 0.0f);
    const char* const kScales[] = {"y_scale", "x_scale", "h_scale", "w_scale"};
    for (int32_t i = 0; i < 4; ++i) scale[i] = map.f32(kScales[i], 0.0f);
    if (per_box > classes) per_box = classes;
  }
  Status check() const {
    ARENITE_CHECK(detections > 0 && classes > 0 && (each_class ? per_class : per_box) > 0, kBadOption);
    ARENITE_CHECK(most_overlap > 0.0f && most_overlap <= 1.0f, kBadOption);
    for (const float s : scale) ARENITE_CHECK(s > 0.0f || s < 0.0f, kBadOption);
    ARENITE_CHECK(each_class || detections <= INT32_MAX / per_box, kBadOption);
    return Status::kOk;
  }
  int32_t results() const { return each_class ? detections : detections * per_box; }
  int32_t detections, per_box, per_class, classes;
  bool each_class;  // overlaps count within a class only
  float least_score, most_overlap;
  float scale[4];
};

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const Options options(node);
  ARENITE_TRY(options.check());
  const Tensor codes = node.input(0), scores = node.input(1), anchors = node.input(2);
  ARENITE_CHECK(codes.rank == 3 && scores.rank == 3 && anchors.rank == 2, kBadShape);
  const int32_t boxes = codes.dim(1), background = scores.dim(2) - options.classes;
  ARENITE_CHECK(codes.dim(0) == 1 && codes.dim(2) >= 4 && scores.dim(0) == 1 && scores.dim(1) == boxes, kBadShape);
  ARENITE_CHECK(background == 0 || background == 1, kBadShape);
  ARENITE_CHECK(anchors.dim(0) == boxes && anchors.dim(1) == 4, kBadShape);
  const int32_t results = options.results();
  ARENITE_CHECK(results <= INT32_MAX / 4 && node.output(0).count() == 4 * results, kBadShape);
  ARENITE_CHECK(node.output(1).count() == results && node.output(2).count() == results, kBadShape);
  ARENITE_CHECK(node.output(3).count() == 1, kBadShape);
  *scratch_bytes = static_cast<uint32_t>(boxes) * (sizeof(Box) + sizeof(float) + 1);
  return Status::kOk;
}

// In double precision, as TFLite's.
Box decoded(const float* code, const float* anchor, const float* scale) {
  const auto centre = [=](int32_t i) {
    return static_cast<float>(double{code[i]} / double{scale[i]} * double{anchor[i + 2]} + double{anchor[i]});
  };
  const auto half = [=](int32_t i) {
    return static_cast<float>(0.5 * std::exp(double{code[i]} / double{scale[i]}) * double{anchor[i]});
  };
  const float y = centre(0), x = centre(1), h = half(2), w = half(3);
  return {y - h, x - w, y + h, x + w};
}

float area(const Box& box) { return (box.bottom - box.top) * (box.right - box.left); }

// Intersection over union.
float overlap(const Box& a, const Box& b) {
  const float area_a = area(a), area_b = area(b);
  if (area_a <= 0.0f || area_b <= 0.0f) return 0.0f;
  const float height = (a.bottom < b.bottom ? a.bottom : b.bottom) - (a.top > b.top ? a.top : b.top);
  const float width = (a.right < b.right ? a.right : b.right) - (a.left > b.left ? a.left : b.left);
  const float both = (height > 0.0f ? height : 0.0f) * (width > 0.0f ? width : 0.0f);
  return both / (area_a + area_b - both);
}

class Detector {
 public:
  explicit Detector(const Node& node)
      : options_(node),
        count_(node.input(0).dim(1)),
        width_(node.input(1).dim(2)),
        class_scores_(node.input(1).as<float>() + (width_ - options_.classes)),
        boxes_(static_cast<Box*>(node.scratch())),
        scores_(reinterpret_cast<float*>(boxes_ + count_)),
        waiting_(reinterpret_cast<uint8_t*>(scores_ + count_)),
        result_boxes_(node.output(0).as<Box>()),
        result_classes_(node.output(1).as<float>()),
        result_scores_(node.output(2).as<float>()) {}

  Status decode(const Tensor& codes, const float* anchors) {
    for (int32_t i = 0; i < count_; ++i) {
      boxes_[i] = decoded(codes.as<float>() + i * codes.dim(2), anchors + 4 * i, options_.scale);
      const Box& box = boxes_[i];
      ARENITE_CHECK(!(box.top >= box.bottom) && !(box.left >= box.right), kBadValue);
    }
    return Status::kOk;
  }

  // Each class for itself; the best of all, earlier classes first where scores are equal.
  void detect_each_class() {
    for (int32_t c = 0; c < options_.classes; ++c) {
      for (int32_t i = 0; i < count_; ++i) scores_[i] = class_scores_[i * width_ + c];
      begin();
      for (int32_t n = 0, best; n < options_.per_class && (best = take_best()) >= 0; ++n)
        insert(best, c, scores_[best]);
    }
  }

  // A box counts by its best class; then its best classes are results.
  void detect_boxes() {
    for (int32_t i = 0; i < count_; ++i) scores_[i] = class_scores_[i * width_ + best_class(i, 0, -1)];
    begin();
    for (int32_t n = 0, best; n < options_.detections && (best = take_best()) >= 0; ++n) {
      for (int32_t k = 0, c = -1; k < options_.per_box; ++k) {
        c = best_class(best, k, c);
        put(found_++, best, c, class_scores_[best * width_ + c]);
      }
    }
  }

  int32_t found() const { return found_; }

 private:
  void begin() {
    for (int32_t i = 0; i < count_; ++i) waiting_[i] = scores_[i] >= options_.least_score;
  }

  // The waiting box of the highest score, the first of equals; those that overlap it too much wait no longer. -1: none.
  int32_t take_best() {
    int32_t best = -1;
    for (int32_t i = 0; i < count_; ++i) {
      if (waiting_[i] != 0 && (best < 0 || scores_[i] > scores_[best])) best = i;
    }
    if (best < 0) return best;
    waiting_[best] = 0;
    for (int32_t i = 0; i < count_; ++i) {
      if (waiting_[i] != 0 && overlap(boxes_[best], boxes_[i]) > options_.most_overlap) waiting_[i] = 0;
    }
    return best;
  }

  // The class that follows `last` by falling score, the first of equals; `rank` is how many come before it.
  int32_t best_class(int32_t box, int32_t rank, int32_t last) const {
    const float* scores = class_scores_ + box * width_;
    int32_t best = -1;
    for (int32_t c = 0; c < options_.classes; ++c) {
      const bool later = rank == 0 || scores[c] < scores[last] || (scores[c] == scores[last] && c > last);
      if (later && (best < 0 || scores[c] > scores[best])) best = c;
    }
    return best < 0 ? 0 : best;  // only among scores that are not numbers
  }

  void put(int32_t at, int32_t box, int32_t c, float score) {
    result_boxes_[at] = boxes_[box];
    result_classes_[at] = static_cast<float>(c);
    result_scores_[at] = score;
  }

  // Into the results, which fall; what no longer has room falls out.
  void insert(int32_t box, int32_t c, float score) {
    int32_t at = found_;
    while (at > 0 && result_scores_[at - 1] < score) --at;
    if (at == options_.detections) return;
    if (found_ < options_.detections) ++found_;
    for (int32_t i = found_ - 1; i > at; --i) {
      result_boxes_[i] = result_boxes_[i - 1];
      result_classes_[i] = result_classes_[i - 1];
      result_scores_[i] = result_scores_[i - 1];
    }
    put(at, box, c, score);
  }

  Options options_;
  int32_t count_, width_;
  const float* class_scores_;  // [count, width], without the background
  Box* boxes_;
  float* scores_;
  uint8_t* waiting_;
  Box* result_boxes_;
  float* result_classes_;
  float* result_scores_;
  int32_t found_ = 0;
};

Status eval(const Node& node) {
  for (int32_t i = 0; i < 3; ++i) {
    std::memset(node.output(i).data, 0, sizeof(float) * static_cast<size_t>(node.output(i).count()));
  }
  Detector detector(node);
  ARENITE_TRY(detector.decode(node.input(0), node.input(2).as<float>()));
  if (Options(node).each_class) {
    detector.detect_each_class();
  } else {
    detector.detect_boxes();
  }
  *node.output(3).as<float>() = static_cast<float>(detector.found());
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(detection_post_process);
