#include <cstdint>
#include <cstdlib>

#include "base/limits.h"
#include "base/text.h"
#include "directory/filter.h"

using namespace kidoban;

namespace {

struct Something final : directory::Subject {
  directory::Found compare(const directory::AttributePath& path, const directory::Comparison& comparison) const override {
    if (path.name.size() % 3 == 0) return directory::Found::nothing;
    const bool holds = comparison.holds(path.name, directory::Comparison::Case::folded) || comparison.holds(true) ||
                       comparison.holds(std::int64_t{5}) || comparison.holds(0.5) || comparison.holds(Time{});
    return holds ? directory::Found::matching : directory::Found::other;
  }
  bool any_item(const directory::AttributePath&, const directory::ItemTest& test) const override { return test.holds(*this); }
};

std::size_t count(const directory::Filter::Node& node, std::size_t depth) {
  if (depth > 3 * limits::filter_depth + 3) std::abort();
  std::size_t all = 1;
  for (const auto& part : node.parts) all += count(part, depth + 1);
  return all;
}

}  // namespace

// Whatever is sent: no crash, a bounded tree, an error that lies within the text, and the opposite is the opposite.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  std::size_t at = 0;
  const auto filter = directory::Filter::parse(text, &at);
  if (!filter && at > text.size()) std::abort();
  if (filter) {
    if (count(filter->root(), 0) > limits::filter_nodes) std::abort();
    const bool says = filter->matches(Something());
    const auto opposite = directory::Filter::parse("not (" + std::string(text) + ")");
    if (opposite && opposite->matches(Something()) == says) std::abort();
  }
  const auto path = directory::ItemPath::parse(text, &at);
  if (path && path->attribute.name.empty()) std::abort();
  if (path && path->items) path->items->matches(Something());
  return 0;
}
